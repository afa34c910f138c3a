// Lists the packages that are part of the built pages, with their licences.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const lines = ["The pages in this folder are built from these packages:", ""];
for (const [path, entry] of Object.entries(lock.packages).sort()) {
  if (!path.startsWith("node_modules/") || entry.dev) continue;
  lines.push(`${path.slice("node_modules/".length)} ${entry.version}  ${entry.license ?? "see its repository"}`);
}
const target = "../app/pages/static";
writeFileSync(join(target, "LICENSES.txt"), lines.join("\n") + "\n");
const assets = readdirSync(join(target, "assets"));
console.log(`${assets.length} files in assets`);
