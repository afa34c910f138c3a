// The camera of one printer over the wall display, let go of as soon as it is closed.
import { asHeaders, remembered } from "./credential.js";

const FPS = 10;
const AGAIN_MS = 3000;
const HEAD_END = "\r\n\r\n";
const find = (id) => document.getElementById(`camera-${id}`);
const dialog = document.getElementById("camera");
let shown;
let watching;

// The parts of a multipart answer: each says how long it is, and the boundaries are skipped.
async function* pictures(body) {
  const words = new TextDecoder("latin1");
  let unread = new Uint8Array();
  for (const reader = body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return;
    const joined = new Uint8Array(unread.length + value.length);
    joined.set(unread);
    joined.set(value, unread.length);
    unread = joined;
    for (;;) {
      const start = words.decode(unread.subarray(0, 1024));
      const head = start.indexOf(HEAD_END);
      const size = Number(/content-length: *(\d+)/i.exec(start.slice(0, head))?.[1]);
      const from = head + HEAD_END.length;
      if (head < 0 || unread.length < from + size) break;
      if (!size) throw new Error("The camera sent what this page cannot show.");
      yield new Blob([unread.subarray(from, from + size)], { type: "image/jpeg" });
      unread = unread.slice(from + size);
    }
  }
}

async function draw(blob) {
  const picture = find("picture");
  const before = picture.src;
  picture.src = URL.createObjectURL(blob);
  if (before) URL.revokeObjectURL(before);
  await picture.decode();
  if (!dialog.open) return;
  picture.hidden = false;
  say("");
}

function say(text) {
  find("notice").textContent = text;
}

// The reason when watching again is of no use; the stream ends by itself in all other cases.
async function stream(path, signal) {
  const answer = await fetch(`${path}?fps=${FPS}`, { headers: asHeaders(remembered()), signal });
  if (!answer.ok) {
    say((await answer.json()).detail);
    return [401, 403, 404].includes(answer.status);
  }
  for await (const picture of pictures(answer.body)) await draw(picture);
  say("The camera stopped; looking again…");
  return false;
}

async function run(path, signal) {
  while (!signal.aborted) {
    try {
      if (await stream(path, signal)) return;
    } catch (problem) {
      if (signal.aborted) return;
      say("The connection was lost; trying again…");
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

// What the card says of the print, beside the picture of it.
export function beside(parts) {
  if (parts !== shown) return;
  find("name").textContent = parts.name.textContent;
  find("state").className = parts.state.className;
  find("state").textContent = parts.state.textContent;
  find("job").textContent = parts.job.textContent;
  find("facts").replaceChildren(...[...parts.facts.children].map((fact) => fact.cloneNode(true)));
}

export function watch(parts) {
  shown = parts;
  beside(parts);
  find("picture").alt = `What the camera of ${parts.name.textContent} shows`;
  say("Opening the camera…");
  dialog.showModal();
  watching = new AbortController();
  run(parts.path, watching.signal);
}

dialog.addEventListener("close", () => {
  watching.abort();
  shown = undefined;
  const picture = find("picture");
  picture.hidden = true;
  URL.revokeObjectURL(picture.src);
  picture.removeAttribute("src");
});
find("close").addEventListener("click", () => dialog.close());
// A click beside the content is one on the dialog itself.
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
