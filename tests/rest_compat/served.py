"""The routes of the dialects with prefixed ids. A new one is added here on purpose."""

PLATFORM = {
    (method, f"/platform/v1{path}")
    for method, path in (
        ("GET", "/projects"),
        ("POST", "/projects"),
        ("GET", "/projects/{id}"),
        ("PUT", "/projects/{id}"),
        ("DELETE", "/projects/{id}"),
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
