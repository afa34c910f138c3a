import "graphiql/setup-workers/vite";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { createElement as h, useMemo, useState } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./graphiql.css";
import { asHeaders, forget, remember, remembered, socketAddress } from "./credential.js";

const TABS = [
  {
    query: `# Every printer and what it prints now
query Farm {
  printers {
    nodes {
      name
      model
      status { state progress remainingTime currentLayer totalLayers stage temperatures { nozzle bed } }
      currentPrint { name archive { id } }
    }
  }
}
`,
  },
  {
    query: `# Press play and watch; the present state comes first, then every change
subscription Live {
  printerStatus {
    reason
    printer { name currentPrint { name } }
    status { seq state progress currentLayer totalLayers remainingTime stage }
  }
}
`,
  },
  {
    query: `# The print history
query History {
  archives(first: 10) {
    totalCount
    nodes { name status duration filamentUsed filamentType printer { name } project { name } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
];
const plugins = [explorerPlugin()];

async function signIn(email, password) {
  const response = await fetch("/api/v1/auth/login", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail ?? "That did not work.");
  return answer.access_token;
}

function SignIn({ credential, change }) {
  const [withPassword, setWithPassword] = useState(false);
  const [keep, setKeep] = useState(true);
  const [told, setTold] = useState("");
  async function submit(event) {
    event.preventDefault();
    const given = new FormData(event.target);
    try {
      const value = withPassword ? await signIn(given.get("email"), given.get("password")) : given.get("key").trim();
      remember(value, keep && !withPassword);
      setTold("");
      change(value);
    } catch (problem) {
      setTold(problem.message);
    }
  }
  const home = h("a", { href: "/", key: "home" }, "Spoolgraph");
  if (credential) {
    const end = () => { forget(); change(""); };
    return h("div", { className: "sign-in" }, home, h("span", { role: "status" }, "Signed in"),
      h("button", { type: "button", onClick: end }, "Sign out"));
  }
  const fields = withPassword
    ? [h("input", { key: "e", name: "email", type: "email", placeholder: "E-mail", "aria-label": "E-mail", required: true, autoComplete: "username" }),
       h("input", { key: "p", name: "password", type: "password", placeholder: "Password", "aria-label": "Password", required: true, autoComplete: "current-password" })]
    : [h("input", { key: "k", name: "key", type: "password", placeholder: "API key or token", "aria-label": "API key or token", required: true, autoComplete: "off" }),
       h("label", { key: "l" }, h("input", { type: "checkbox", checked: keep, onChange: (event) => setKeep(event.target.checked) }), " remember")];
  return h("form", { className: "sign-in", onSubmit: submit }, home, ...fields,
    h("button", { type: "submit" }, "Sign in"),
    h("button", { type: "button", onClick: () => setWithPassword(!withPassword) }, withPassword ? "Use a key" : "Use a password"),
    h("span", { role: "status" }, told || "Nothing is answered without a credential."));
}

function Explorer({ credential }) {
  const fetcher = useMemo(() => {
    const headers = asHeaders(credential);
    const wsClient = createClient({ url: socketAddress(), connectionParams: headers, lazy: true, shouldRetry: () => false });
    return createGraphiQLFetcher({ url: "/graphql", headers, wsClient });
  }, [credential]);
  return h("div", { className: "explorer" }, h(GraphiQL, { fetcher, plugins, defaultTabs: TABS, shouldPersistHeaders: false, key: credential }));
}

function Page() {
  const [credential, setCredential] = useState(remembered());
  return [h(SignIn, { key: "sign-in", credential, change: setCredential }), h(Explorer, { key: "explorer", credential })];
}

createRoot(document.getElementById("root")).render(h(Page));
