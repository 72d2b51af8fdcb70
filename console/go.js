// /go/CODE: from a course page to a running notebook. Costs money, so what will run is said first; nothing starts by a
// mere GET. Who waits for room is followed until the notebook opens, also when the page was closed meanwhile. The addresses
// it goes to come from the server.
import { call, useCsrf } from "/assets/api.js";
import { at, el, fill, notice } from "/assets/dom.js";
import { rememberNext } from "/assets/next-page.js";
import { setPlaces, waiting } from "/assets/queue.js";

const PAUSE_MS = 700, WAITING_PAUSE_MS = 3_000, SLOW_MS = 40_000;
const AWAY = "The server cannot be reached at the moment. Trying again…";
const code = decodeURIComponent(location.pathname.replace(/^\/go\/?/, ""));
const step = at("step");
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Not signed in: the address stays; the link is opened here, or in this browser, which remembers where to go.
function askToSignIn() {
  at("title").textContent = "Sign in first";
  rememberNext(`/go/${code}`);
  const input = el("input", { type: "url", required: true, autocomplete: "off", placeholder: `${location.origin}/sign-in#…` });
  const button = el("button", { type: "submit", class: "primary" }, "Sign in");
  const form = el("form", { class: "stack" }, el("label", {}, "Or paste it here", input), el("div", {}, button));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    notice("");
    const token = (input.value.match(/#([0-9a-f]{32})$/) || [])[1];
    if (!token) return notice("That is not a sign-in link. It ends in # and 32 signs.");
    try {
      await call("POST", "/sign-in", { token });
      location.reload();
    } catch (error) {
      notice(error.message);
    }
    return undefined;
  });
  step.replaceChildren(
    el("p", {}, "You are not signed in. Open your sign-in link in this browser: you come back here. Have none? ", el("a", { href: "/join" }, "Join with a code"), ", or ask your teacher."), form);
}

function what(link) {
  if (link.state === "running") return `${link.instance_name || link.instance} is running (${link.instance_type}, ${link.price_shown} an hour).`;
  if (link.state === "pending") return `${link.instance_name || link.instance} is starting.`;
  if (link.state === "stopped") return `This starts your stopped machine ${link.instance_name || link.instance}, a ${link.instance_type}: ${link.price_shown} an hour while it runs.`;
  if (link.state === "stopping") return `${link.instance_name || link.instance} is stopping. It can be started in a moment.`;
  return `This starts a new ${link.type} from the image ${link.image}: ${link.price_shown} an hour while it runs.`;
}

function draw(link) {
  at("title").textContent = link.title;
  document.title = `${link.title} · Stipend`;
  if (link.queue) {
    guarded(() => follow(link));
    return undefined;
  }
  if (link.broken) return step.replaceChildren(el("p", {}, `This link needs the image ${link.image} on ${link.type}, which the course does not have any more. Tell your teacher.`));
  const open = el("button", { type: "button", class: "primary" }, "Open");
  open.addEventListener("click", () => guarded(() => start(link)));
  fill(step,
    el("p", {}, what(link)),
    link.repository ? el("p", { class: "quiet" }, `${link.repository} is cloned into your home, or brought up to date; your own edits stay.`) : "",
    el("div", {}, open));
  open.focus();
  return undefined;
}

// What went wrong is said above what can be done now.
async function guarded(run) {
  try {
    await run();
  } catch (error) {
    if (error.status === 401) return askToSignIn();
    await load().catch(() => {});
    notice(error.message);
  }
  return undefined;
}

async function start(link) {
  notice("");
  const opened = await call("POST", `/go/${code}`, {});
  return follow({ ...link, instance: opened.instance });
}

// How it is now; while the server is away, again and again.
async function look() {
  for (;;) {
    try {
      const now = await call("GET", `/go/${code}/ready`);
      if (at("notice").textContent === AWAY) notice("");
      return now;
    } catch (error) {
      if (error.status && error.status < 500) throw error;
      notice(AWAY);
      await pause(WAITING_PAUSE_MS);
    }
  }
}

// In line, as long as it lasts. Resolves to how it is afterwards.
async function wait(link, now) {
  let left = false, wake = () => {};
  const leave = async (place) => {
    try {
      await call("POST", `/queue/${place}/cancel`, {});
      left = true;
    } catch (error) {
      if (error.code !== "NotInLine") notice(error.message);  // else it was its turn a moment before
    }
    wake();
  };
  for (let shown = ""; now.queue; now = await look()) {
    setPlaces([now.queue]);
    const changed = JSON.stringify(now.queue);
    if (changed !== shown) {
      const focused = document.activeElement?.dataset?.key;
      const card = waiting(now.queue, leave);
      step.replaceChildren(el("p", {}, "There is no room for one more machine at the moment, so you are in line."), card,
        el("p", { class: "quiet" }, `This page goes on to the notebook by itself. You may close it: the machine starts when it is your turn, costs ${link.price_shown} an hour from then on, and this address leads to it.`));
      if (focused) card.querySelector(`[data-key="${focused}"]`)?.focus();
      document.title = `${now.queue.refused ? "Waiting" : `${now.queue.position} of ${now.queue.of}`} · ${link.title}`;
      shown = changed;
    }
    await Promise.race([pause(WAITING_PAUSE_MS), new Promise((resolve) => { wake = resolve; })]);
  }
  document.title = `${link.title} · Stipend`;
  if (left) return null;
  if (!now.instance || now.state === "stopped") throw new Error("You are not in line any more: the place was cancelled, or eight hours went by. It cost nothing.");
  return now;
}

// From a machine that is starting, or a place in line, to its notebook.
async function follow(link) {
  let now = await look();
  if (now.queue) {
    now = await wait(link, now);
    if (!now) return load();
  }
  const items = ["Credit set aside", "Machine runs", "Jupyter answers"].map((words) => el("li", {}, words));
  const slow = el("p", { class: "quiet" });
  step.replaceChildren(el("ol", { class: "steps" }, items), slow);
  items[0].className = "done";
  const { instance } = now;
  const begun = performance.now();
  for (; ; now = await look()) {
    if (now.instance !== instance || now.state === "stopped" || now.state === "stopping" || !now.state) throw new Error("The machine did not start. Nothing was charged for a start that failed. Try again.");
    if (now.state === "running") items[1].className = "done";
    if (now.jupyter) break;
    if (performance.now() - begun > SLOW_MS) slow.textContent = now.state === "running" ? "Jupyter is slower than usual." : "Slower than usual. You are not charged until it runs.";
    await pause(PAUSE_MS);
  }
  items[2].className = "done";
  const { url } = await call("POST", `/instances/${instance}/ticket`, {});
  location.assign(`${url}&next=${encodeURIComponent(link.landing)}`);
  return undefined;
}

async function load() {
  return draw(await call("GET", `/go/${code}`));
}

async function begin() {
  let session;
  try {
    session = await call("GET", "/session");
  } catch (error) {
    if (error.status !== 401) throw error;
    return askToSignIn();
  }
  useCsrf(session.csrf);
  at("who").textContent = `${session.course} · ${session.name}`;
  return load();
}

begin().catch((error) => {
  at("title").textContent = "This cannot be opened";
  notice(error.message);
});
