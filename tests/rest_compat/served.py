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
        ("POST", "/webhooks"),
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
