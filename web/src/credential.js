// The key or token of this browser, and how it is sent.
const NAME = "spoolgraph-credential";

export const remembered = () => localStorage.getItem(NAME) ?? sessionStorage.getItem(NAME) ?? "";

export function remember(value, keep) {
  forget();
  (keep ? localStorage : sessionStorage).setItem(NAME, value);
}

export function forget() {
  localStorage.removeItem(NAME);
  sessionStorage.removeItem(NAME);
}

// A JSON Web Token goes into Authorization, a key into X-API-Key.
export function asHeaders(value) {
  if (!value) return {};
  return value.startsWith("eyJ") ? { Authorization: `Bearer ${value}` } : { "X-API-Key": value };
}

export const socketAddress = () => location.origin.replace(/^http/, "ws") + "/graphql";
