import { createClient } from "graphql-ws";
import { beside, watch } from "./camera.js";
import { asHeaders, forget, remember, remembered, socketAddress } from "./credential.js";
import "./index.css";

const UPDATES = `subscription WallDisplay {
  printerStatus {
    printer { id name model camera { streamPath } currentPrint { name } }
    status {
      state connection connectionDetail progress remainingTime currentLayer totalLayers stage
      temperatures { nozzle bed chamber }
      health { status errors { message code } }
    }
  }
}`;
const WORDS = {
  OFFLINE: "Offline", IDLE: "Idle", PREPARING: "Preparing", PRINTING: "Printing",
  PAUSED: "Paused", FINISHED: "Finished", FAILED: "Failed", UNKNOWN: "Unknown",
};
const find = (id) => document.getElementById(id);
const cards = new Map();
let client;

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function card(id) {
  if (cards.has(id)) return cards.get(id);
  const root = element("li", "printer");
  const heading = element("h2", "");
  const parts = {
    root, name: element("span", ""), model: element("span", "model"),
    state: element("span", "state"), job: element("div", "job"),
    track: element("div", "track"), fill: element("div", ""),
    facts: element("div", "facts"), problem: element("div", "problem"),
    camera: element("button", "watch"),
  };
  heading.append(parts.name, parts.model, parts.camera);
  parts.camera.type = "button";
  // The button is what keyboards and screen readers reach; the whole card may be tapped.
  root.addEventListener("click", () => watch(parts));
  parts.track.setAttribute("role", "progressbar");
  parts.track.append(parts.fill);
  const line = element("div", "");
  line.append(parts.state);
  root.append(heading, line, parts.job, parts.track, parts.facts, parts.problem);
  find("printers").append(root);
  cards.set(id, parts);
  return parts;
}

function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function show({ printer, status }) {
  const parts = card(printer.id);
  const live = ["CONNECTED", "CONTROL_REFUSED"].includes(status.connection);
  const state = live || status.connection === "STALE" ? status.state : "OFFLINE";
  parts.seen = state;
  parts.path = printer.camera.streamPath;
  parts.name.textContent = printer.name;
  parts.camera.setAttribute("aria-label", `Camera of ${printer.name}`);
  parts.model.textContent = printer.model;
  parts.state.className = `state ${state}`;
  parts.state.textContent = WORDS[state] ?? state;
  parts.job.textContent = printer.currentPrint?.name ?? "";
  const progress = status.progress ?? 0;
  parts.track.hidden = status.progress === null;
  parts.track.setAttribute("aria-valuenow", progress);
  parts.fill.style.width = `${progress}%`;
  const { nozzle, bed, chamber } = status.temperatures;
  const facts = [
    status.progress !== null && `${progress} %`,
    status.totalLayers && `layer ${status.currentLayer ?? 0} of ${status.totalLayers}`,
    status.remainingTime !== null && `${duration(status.remainingTime)} left`,
    status.stage && status.stage !== "Printing" && status.stage,
    nozzle !== null && `nozzle ${Math.round(nozzle)} °C`,
    bed !== null && `bed ${Math.round(bed)} °C`,
    chamber !== null && `chamber ${Math.round(chamber)} °C`,
  ];
  parts.facts.replaceChildren(...facts.filter(Boolean).map((fact) => element("span", "", fact)));
  const [error] = status.health.errors;
  parts.problem.textContent = live ? (error ? (error.message ?? error.code) : "") : (status.connectionDetail ?? "");
  beside(parts);
  summarise();
}

function summarise() {
  const states = [...cards.values()].map((parts) => parts.seen);
  const count = (...wanted) => states.filter((state) => wanted.includes(state)).length;
  find("summary").textContent = `${states.length} printers · ${count("PRINTING", "PREPARING")} printing · ` +
    `${count("IDLE", "FINISHED")} free · ${count("PAUSED", "FAILED", "OFFLINE")} want a look`;
}

function connect(credential) {
  client?.dispose();
  const signedIn = (yes) => {
    find("sign-in").hidden = yes;
    find("sign-out").hidden = !yes;
  };
  client = createClient({
    url: socketAddress(),
    connectionParams: asHeaders(credential),
    retryAttempts: Infinity,
    shouldRetry: (event) => event?.code !== 4401,
    on: {
      connected: () => { signedIn(true); find("notice").textContent = ""; },
      closed: (event) => {
        if (event?.code !== 4401) { find("notice").textContent = "The connection was lost; trying again…"; return; }
        forget();
        signedIn(false);
        find("notice").textContent = "This key is not valid. Ask for one, or make one with “spoolgraph key create”.";
      },
    },
  });
  client.subscribe({ query: UPDATES }, {
    next: ({ data, errors }) => {
      if (data?.printerStatus) show(data.printerStatus);
      else if (errors) find("notice").textContent = errors[0].message;
    },
    error: (problem) => {
      if (Array.isArray(problem)) find("notice").textContent = problem[0].message;
    },
    complete: () => {},
  });
}

find("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const credential = find("key").value.trim();
  remember(credential, find("keep").checked);
  find("key").value = "";
  connect(credential);
});
find("sign-out").addEventListener("click", () => {
  forget();
  client?.dispose();
  location.reload();
});
if (remembered()) connect(remembered());
