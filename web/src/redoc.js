// The bundle is a classic script that only works as one: it is served as it is.
import address from "redoc/bundles/redoc.standalone.js?url";

const script = document.createElement("script");
script.src = address;
script.addEventListener("load", () => {
  window.Redoc.init("/openapi.json", { nativeScrollbars: true }, document.getElementById("root"));
});
document.head.append(script);
