"""The routes of the dialects with prefixed ids. A new one is added here on purpose."""

PLATFORM = {
    (method, f"/platform/v1{path}")
    for method, path in (
        ("GET", "/projects"),
        ("POST", "/projects"),
        ("GET", "/projects/{id}"),
        ("PUT", "/projects/{id}"),
        ("DELETE", "/projects/{id}"),
        ("GET", "/teams"),
        ("POST", "/teams"),
        ("GET", "/teams/{id}/members"),
        ("POST", "/teams/{id}/members"),
        ("DELETE", "/teams/{id}/members/{userId}"),
        ("GET", "/webhooks"),
        ("POST", "/webhooks"),
        ("GET", "/webhooks/{id}"),
        ("PATCH", "/webhooks/{id}"),
        ("DELETE", "/webhooks/{id}"),
        ("GET", "/health"),
        ("GET", "/projects/{id}/deployments"),
        ("POST", "/projects/{id}/deployments"),
        ("GET", "/deployments/{id}"),
        ("POST", "/deployments/{id}/cancel"),
    )
}
REFERENCE = {
    (method, f"/reference/v1{path}")
    for method, path in (
        ("GET", "/projects"),
        ("POST", "/projects"),
        ("GET", "/projects/{id}"),
        ("PUT", "/projects/{id}"),
        ("DELETE", "/projects/{id}"),
        ("GET", "/status"),
        ("GET", "/health"),
        ("GET", "/users/me"),
        ("PUT", "/users/me"),
        ("GET", "/analytics/usage"),
        ("POST", "/data/upload"),
        ("GET", "/data/{id}"),
        ("GET", "/webhooks"),
        ("POST", "/webhooks"),
        ("GET", "/webhooks/{id}"),
        ("PATCH", "/webhooks/{id}"),
        ("DELETE", "/webhooks/{id}"),
    )
}

WEBHOOKS = {
    ("GET", "/api/v1/webhooks"),
    ("POST", "/api/v1/webhooks"),
    ("GET", "/api/v1/webhooks/{id}"),
    ("PATCH", "/api/v1/webhooks/{id}"),
    ("DELETE", "/api/v1/webhooks/{id}"),
    ("POST", "/api/v1/webhooks/{id}/ping"),
    ("GET", "/api/v1/webhooks/{id}/deliveries"),
    ("POST", "/api/v1/webhooks/{id}/deliveries/{delivery_id}/redeliver"),
}

PRODUCTION = {
    (method, f"/api/v1{path}")
    for path, methods in (
        ("/products", "GET POST"),
        ("/products/export", "GET"),
        ("/production-runs/export", "GET"),
        ("/products/{id}", "GET PATCH DELETE"),
        ("/products/{id}/recalculate", "POST"),
        ("/products/{id}/materials", "POST"),
        ("/products/{id}/materials/{mid}", "PATCH DELETE"),
        ("/products/{id}/components", "POST"),
        ("/products/{id}/components/{cid}", "PATCH DELETE"),
        ("/production-runs", "GET POST"),
        ("/production-runs/{id}", "GET PATCH DELETE"),
        ("/production-runs/{id}/items", "POST"),
        ("/production-runs/{id}/items/{iid}", "PATCH DELETE"),
        ("/production-runs/{id}/materials", "POST"),
        ("/production-runs/{id}/materials/{mid}", "PATCH DELETE"),
        ("/production-runs/{id}/complete", "POST"),
        ("/production-runs/{id}/cancel", "POST"),
        ("/production-runs/{id}/fail", "POST"),
    )
    for method in methods.split()
}
