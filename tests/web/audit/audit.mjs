// Runs the audits of GraphQL over HTTP against a server and prints their results as JSON.
import { serverAudits } from "graphql-http";

const [url, key] = process.argv.slice(2);
const signedIn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, "X-API-Key": key } });
const results = [];
for (const audit of serverAudits({ url, fetchFn: signedIn })) {
  const { status, reason } = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status, reason });
}
console.log(JSON.stringify(results));
