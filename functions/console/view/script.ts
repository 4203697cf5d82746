/**
 * Keeps the page live, in the browser: asks for it again and changes only what differs, so that the focus, what is unfolded
 * and what is selected stay. It knows nothing of what is shown, and the page is complete without it.
 */
export const SCRIPT = `"use strict";
const live = document.getElementById("live");
const lost = document.getElementById("lost");
let paused = false, timer, asking;

function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) return from.replaceWith(to);
  if (from.isEqualNode(to)) return;
  if (from.nodeType !== Node.ELEMENT_NODE) { from.nodeValue = to.nodeValue; return; }
  for (const { name } of [...from.attributes])
    if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes)
    if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  if (from.id === "controls") return;
  const named = new Map([...from.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = from.firstChild;
  for (const next of [...to.childNodes]) {
    const twin = next.id ? named.get(next.id) : at && !at.id && at.nodeName === next.nodeName ? at : null;
    if (!twin) { from.insertBefore(next, at); continue; }
    if (twin === at) at = at.nextSibling; else from.insertBefore(twin, at);
    morph(twin, next);
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

async function refresh() {
  clearTimeout(timer);
  asking?.abort();
  const mine = asking = new AbortController();
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(20000)]);
    const answer = await fetch(location.href.replace(/#.*/, ""), { signal });
    if (answer.status === 401) return location.reload();
    if (!answer.ok) throw new Error("status " + answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.id;
    morph(live, next.getElementById("live"));
    if (focused && document.activeElement === document.body)
      document.getElementById(focused)?.focus({ preventScroll: true });
    document.title = next.title;
    document.querySelector("link[rel=icon]").href = next.querySelector("link[rel=icon]").href;
    lost.hidden = true;
  } catch (error) {
    if (mine.signal.aborted) return;
    if (lost.hidden) {
      lost.textContent = "Not live: no answer from vmcatcher-one since " + new Date().toLocaleTimeString("sv-SE") + ".";
      lost.hidden = false;
    }
  }
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(refresh, live.dataset.seconds * 1000);
}

const pause = document.createElement("button");
pause.className = "plain";
pause.type = "button";
function label() {
  pause.textContent = paused ? "Resume" : "Pause";
  live.toggleAttribute("data-paused", paused);
}
pause.addEventListener("click", () => { paused = !paused; label(); if (paused) clearTimeout(timer); else refresh(); });
label();
document.getElementById("controls").append(pause);
document.addEventListener("visibilitychange", () => { if (!document.hidden && !paused) refresh(); });

let typing;
const filter = document.querySelector("#q");
filter?.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    history.replaceState(null, "", filter.value ? "./?q=" + encodeURIComponent(filter.value) : "./");
    refresh();
  }, 150);
});
if (new URLSearchParams(location.search).has("done")) history.replaceState(null, "", "./");
schedule();
`;
