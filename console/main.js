// The one page: credit, machines, launch. Figures come worded from the server; nothing here computes money.
import { call, useCsrf } from "/assets/api.js";
import { drawAccessKeys } from "/assets/access-keys.js";
import { drawAccount } from "/assets/account.js";
import { drawCredit } from "/assets/credit.js";
import { drawDisks, endOf } from "/assets/disks.js";
import { connect } from "/assets/ssh.js";
import { drawMachines } from "/assets/machines.js";
import { drawQueue, setPlaces } from "/assets/queue.js";
import { drawRules } from "/assets/rules.js";
import { day, when } from "/assets/when.js";

const NOT_LIVE = "Not live at the moment. Trying again…";
const at = (id) => document.getElementById(id);

export function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

function keptWords(wallet) {
  const until = wallet.disks_kept_until;
  if (!until) return "";
  const words = until === "always" ? "your disks are kept for as long as you like" : `your disks are kept until ${day(until)}`;
  return wallet.anything_running ? `If you stop now, ${words}.` : `${words[0].toUpperCase()}${words.slice(1)}.`;
}

function drawWallet(wallet) {
  at("left-of").textContent = `Left of ${wallet.granted_shown}`;
  at("left").textContent = wallet.left_shown;
  at("left").title = `$${wallet.left}`;
  at("used").textContent = wallet.used_shown;
  at("held").textContent = wallet.set_aside_shown;
  at("reserved").textContent = wallet.kept_for_disks_shown;
  at("lasts").textContent = wallet.lasts_until ? when(wallet.lasts_until) : "—";
  at("rate").textContent = wallet.anything_running ? `at this rate: ${wallet.rate_shown} an hour` : "Nothing is running.";
  at("kept").textContent = keptWords(wallet);
}

async function openJupyter(id, path = "") {
  const { url } = await call("POST", `/instances/${id}/ticket`, {});
  location.assign(path ? `${url}&next=${encodeURIComponent(path)}` : url);
}

async function act(id, verb, machine) {
  notice("");
  if (verb === "jupyter") return openJupyter(id);
  if (verb === "connect") return connect(machine);
  if (verb === "leave-queue") return call("POST", `/queue/${id}/cancel`, {});
  if (verb === "terminate" && !confirm(endOf(machine))) return undefined;
  return call("POST", `/instances/${id}/${verb}`, {});
}

function fill(select, items, text) {
  for (const item of items) {
    const option = document.createElement("option");
    option.value = item.id || item.name;
    option.textContent = text(item);
    select.append(option);
  }
}

async function drawLaunch() {
  const form = at("launch");
  const [images, types, keys] = await Promise.all([call("GET", "/images"), call("GET", "/types"), call("GET", "/key-pairs")]);
  fill(form.elements.key, keys.map((name) => ({ name })), (k) => k.name);
  if (keys.length) form.elements.key.value = keys[0];
  fill(form.elements.image, images, (i) => `${i.name} (${i.id})`);
  fill(form.elements.type, types, (t) => `${t.name} · ${t.vcpus} vCPU, ${+(t.memory_mib / 1024).toFixed(2)} GiB · ${t.price_shown}/h · ${t.hours_with_credit} h with your credit`);
  const course = images.find((i) => i.jupyter);
  if (course) form.elements.image.value = course.id;
  if (types.some((t) => t.name === "t2.medium")) form.elements.type.value = "t2.medium";
  let key = crypto.randomUUID();
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    notice("");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const wish = { image: form.elements.image.value, type: form.elements.type.value, name: form.elements.name.value, key_pair: form.elements.key.value };
      await call("POST", "/instances", wish, { "Idempotency-Key": key });
      key = crypto.randomUUID();
    } catch (error) {
      notice(error.message);
      if (error.status < 500) key = crypto.randomUUID();
    } finally {
      button.disabled = false;
    }
  });
}

function listen() {
  const source = new EventSource("/api/v1/events");
  const tell = (id, verb, machine) => act(id, verb, machine).catch((error) => notice(error.message));
  let machines = [];
  const draw = () => {
    drawMachines(at("machines"), at("none"), machines, tell);
    drawQueue(at("queue"), (id) => tell(id, "leave-queue"));
    const fail = (error) => notice(error.message);
    drawDisks(at("machines"), at("disks"), fail).catch(fail);
  };
  source.addEventListener("wallet", (event) => drawWallet(JSON.parse(event.data)));
  source.addEventListener("instances", (event) => { machines = JSON.parse(event.data); draw(); });
  source.addEventListener("queue", (event) => { setPlaces(JSON.parse(event.data)); draw(); });
  source.addEventListener("open", () => {
    if (at("notice").textContent === NOT_LIVE) notice("");  // what else is said there stays
  });
  source.addEventListener("error", () => notice(NOT_LIVE));
}

async function start() {
  let session;
  try {
    session = await call("GET", "/session");
  } catch (error) {
    notice(error.status === 401 ? "You are not signed in. Open your sign-in link, or ask your teacher for a new one." : error.message);
    return;
  }
  useCsrf(session.csrf);
  at("who").textContent = `${session.course} · ${session.name}`;
  at("sign-out").hidden = false;
  at("sign-out").addEventListener("click", async () => {
    await call("POST", "/sign-out", {});
    location.reload();
  });
  // Hand-over to a machine's own origin: /t/i-…/jupyter/path
  const handOver = location.pathname.match(/^\/t\/(i-[0-9a-f]{17})\/jupyter(\/.*)?$/);
  if (handOver) {
    try {
      await openJupyter(handOver[1], (handOver[2] || "") + location.search);
      return;
    } catch (error) {
      notice(error.message);
      history.replaceState(null, "", "/");
    }
  }
  at("content").hidden = false;
  if (session.suspended) notice("Your account is suspended: machines stay stopped. Your files can be fetched on the page Files. Ask your teacher.");
  await Promise.all([drawLaunch(), drawAccount(session), drawAccessKeys(session), drawCredit(session), drawRules()]);
  listen();
}

start().catch((error) => notice(error.message));
