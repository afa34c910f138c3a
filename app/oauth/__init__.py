"""The OAuth 2.0 authorization server: authorization code with PKCE (RFC 6749, 7636, 7009, 9207)."""
