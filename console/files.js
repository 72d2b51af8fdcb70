// Files of stopped machines: /files lists the disks, /files/vol-…/folder/… a folder. In addresses a name is its bytes,
// percent-encoded; on the page it is text, in nodes of its own, so that no name can be anything else.
import { call, useCsrf } from "/assets/api.js";
import { cancel, send } from "/assets/upload.js";
import { when } from "/assets/when.js";

const at = (id) => document.getElementById(id);
const UNITS = ["B", "kB", "MB", "GB", "TB"];
let disk = "", folder = [], machine = "";  // folder: encoded names
const copy = (location.search.match(/^\?copy=(\d{4}-\d{2}-\d{2})$/) || [])[1] || "";  // a night's copy, only read
const ofCopy = copy ? `&copy=${copy}` : "";
let running = 0, readOnly = false;  // readOnly: the course's folder, for a member

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}
function fail(error) { notice(error.message); }

function make(kind, text, more = {}) {
  return Object.assign(document.createElement(kind), { textContent: text }, more);
}
function shown(link) {
  try { return decodeURIComponent(link); } catch { return link; }
}
function size(bytes) {
  let unit = 0, figure = bytes;
  for (; figure >= 1000 && unit < UNITS.length - 1; unit++) figure /= 1000;
  return `${unit ? figure.toFixed(figure < 10 ? 1 : 0) : figure} ${UNITS[unit]}`;
}
const below = (link) => [...folder, link].join("/");
const address = (path) => `/files/${disk}${path ? `/${path}` : ""}${copy ? `?copy=${copy}` : ""}`;
const query = (path) => `path=${path.replaceAll("/", "%2F")}${ofCopy}`;

function drawPlaces(places) {
  at("place-list").replaceChildren(...places.map((place) => {
    const item = document.createElement("li");
    const name = make("bdi", place.snapshot ? ["Snapshot", place.name].filter(Boolean).join(": ") : place.course ? "Course folder" : (place.home ? "Home" : "") + (place.home && place.name ? ` of ${place.name}` : place.home ? "" : place.name || place.instance || place.disk));
    if (place.unready && !place.home) {
      item.append(name, make("div", place.unready, { className: "quiet" }));
    } else {
      const link = make("a", "", { href: `/files/${place.disk}` });
      link.append(name);
      item.append(link);
    }
    if (place.course) item.append(make("div", place.writable ? "/course on every machine of the course; changed by its staff" : "/course on your machines; changed by the staff", { className: "quiet" }));
    const shown = place.snapshot ? place.disk.replace("vol-", "snap-") : place.disk;  // as AWS clients see it
    item.append(make("div", `${place.instance ? `${place.instance} · ` : ""}${shown}`, { className: "quiet" }));
    return item;
  }));
  at("no-places").hidden = places.length > 0;
  at("places").hidden = false;
}

function drawCrumbs() {
  const parts = [make("a", machine || disk, { href: address("") })];
  folder.forEach((link, depth) => {
    const crumb = make("a", "", { href: address(folder.slice(0, depth + 1).join("/")) });
    crumb.append(make("bdi", shown(link)));
    parts.push(" / ", crumb);
  });
  at("crumbs").replaceChildren(make("a", "Files", { href: "/files" }), " / ", ...parts);
  at("zip").href = `/api/v1/files/${disk}/zip?${query(folder.join("/"))}`;
}

async function order(verb, body) {
  notice("");
  await call("POST", `/files/${disk}/${verb}`, body);
  await show();
}

// Puts a file of the copy back into the home, beside what is there.
function restoring(path) {
  const button = make("button", "Restore");
  button.addEventListener("click", async () => {
    notice("");
    button.disabled = true;
    try {
      const { link } = await call("POST", `/files/${disk}/restore?copy=${copy}`, { path });
      notice(`Restored as ${link.split("/").map(shown).join(" / ")}. What was there stays.`);
    } catch (error) {
      fail(error);
    }
    button.disabled = false;
  });
  return button;
}

async function drawCopies(place) {
  if (!place?.home) return;
  const dates = await call("GET", `/files/${disk}/copies`);
  const links = dates.flatMap((date) => [make("a", date, { href: `/files/${disk}?copy=${date}` }), " "]);
  at("copies").replaceChildren(copy ? "This is the copy of the night of " : "Copies of this home, a file alone can be put back from each: ",
    ...(copy ? [make("b", copy), ". ", make("a", "Back to the home", { href: `/files/${disk}` })] : links.length ? links : ["none yet; they are taken at night."]));
  at("copies").hidden = false;
}

function row(entry) {
  const line = document.createElement("tr");
  line.className = entry.kind;
  line.dataset.name = entry.name;
  const name = make("th", "", { scope: "row" });
  const text = make("bdi", entry.name);
  const path = below(entry.link);
  if (entry.kind === "folder" || entry.kind === "file") {
    const link = make("a", "", entry.kind === "folder" ? { href: address(path) } : { href: `/api/v1/files/${disk}/content?${query(path)}`, download: "" });
    link.append(text);
    name.append(link);
  } else {
    name.append(text, make("span", entry.kind === "link" ? " (a link; not followed here)" : " (not a file)", { className: "quiet" }));
  }
  const actions = document.createElement("td");
  line.append(name, make("td", entry.kind === "file" ? size(entry.size) : ""), make("td", when(entry.modified)), actions);
  if (entry.kind === "folder") actions.append(make("a", "Zip", { className: "button", href: `/api/v1/files/${disk}/zip?${query(path)}` }), " ");
  if (copy) {
    if (entry.kind === "file") actions.append(restoring(path));
    return line;
  }
  if (readOnly) return line;
  const rename = make("button", "Rename");
  rename.addEventListener("click", () => {
    const to = prompt("New name", entry.name);
    if (to && to !== entry.name) order("move", { from: path, to: below(encodeURIComponent(to)) }).catch(fail);
  });
  const remove = make("button", "Delete");
  remove.addEventListener("click", () => {
    if (confirm(`Delete ${entry.name}${entry.kind === "folder" ? " and all it holds" : ""}? It cannot be brought back.`))
      order("remove", { path }).catch(fail);
  });
  actions.append(rename, " ", remove);
  return line;
}

async function show(after = "") {
  const listing = await call("GET", `/files/${disk}?${query(folder.join("/"))}&after=${after}`);
  drawCrumbs();
  at("room").textContent = `${size(listing.free_bytes)} of ${size(listing.size_bytes)} free on this disk.`;
  const rows = listing.entries.map(row);
  if (after) at("entries").append(...rows);
  else at("entries").replaceChildren(...rows);
  at("empty").hidden = at("entries").children.length > 0;
  at("more").hidden = !listing.next;
  at("more").onclick = () => show(listing.next).catch(fail);
  at("folder").hidden = false;
}

async function uploadOne(file, path) {
  const line = document.createElement("li");
  const bar = make("progress", "", { max: Math.max(file.size, 1), value: 0 });
  const state = make("span", "", { className: "quiet", role: "status" });
  const stop = make("button", "Cancel");
  line.append(make("bdi", file.name), bar, state, stop);
  at("uploads").append(line);
  const upload = {
    progress(bytes) {
      bar.value = bytes;
      state.textContent = `${size(bytes)} of ${size(file.size)}`;
    },
    waiting(words) { state.textContent = `${words} Going on in a moment…`; },
  };
  stop.addEventListener("click", () => cancel(upload).then(() => line.remove()).catch(fail));
  running++;
  try {
    try {
      await send(disk, path, file, false, upload);
    } catch (error) {
      if (error.status !== 409 || upload.where || !confirm(`${file.name} is there already. Replace it?`)) throw error;
      await send(disk, path, file, true, upload);
    }
    line.remove();
    await show();
  } catch (error) {
    if (upload.cancelled) return;
    state.textContent = `${error.message} ${upload.where ? "Choose the file again to go on." : ""}`;
    stop.textContent = "Close";
    stop.onclick = () => line.remove();
  } finally {
    running--;
  }
}

async function upload(files) {
  notice("");
  if (copy || readOnly) return notice("Nothing can be uploaded here: it can only be read.");
  const here = folder.map(shown);  // names of this page's own making are UTF-8; a folder of other bytes is refused below
  if (folder.some((link) => shown(link) === link && link.includes("%"))) return notice("Files cannot be uploaded into a folder whose name is not readable text. Rename it first.");
  for (const file of files) await uploadOne(file, [...here, file.name].join("/"));
  return undefined;
}

async function start() {
  const session = await call("GET", "/session");
  useCsrf(session.csrf);
  at("who").textContent = `${session.course} · ${session.name}`;
  const found = location.pathname.match(/^\/files\/(vol-[0-9a-f]{17})(?:\/(.*))?$/);
  const places = await call("GET", "/files");
  if (!found) return drawPlaces(places);
  disk = found[1];
  folder = (found[2] || "").split("/").filter((part) => part);
  const place = places.find((one) => one.disk === disk);
  machine = place ? (place.course ? "Course folder" : place.name || place.instance) : "";
  if (place?.unready && !copy) notice(place.unready);
  document.body.classList.toggle("copy", Boolean(copy));
  readOnly = Boolean(place) && !place.writable;
  document.body.classList.toggle("read-only", readOnly);
  drawCopies(place).catch(fail);
  at("pick").addEventListener("change", () => {
    const files = [...at("pick").files];
    at("pick").value = "";
    upload(files).catch(fail);
  });
  at("new-folder").addEventListener("click", () => {
    const name = prompt("Name of the new folder");
    if (name) order("folder", { path: below(encodeURIComponent(name)) }).catch(fail);
  });
  const main = document.querySelector("main");
  for (const kind of ["dragover", "dragleave", "drop"])
    main.addEventListener(kind, (event) => {
      event.preventDefault();
      main.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop") upload([...event.dataTransfer.files]).catch(fail);
    });
  addEventListener("beforeunload", (event) => { if (running > 0) event.preventDefault(); });
  return show();
}

start().catch((error) => notice(error.status === 401 ? "You are not signed in. Open your sign-in link, or ask your teacher for a new one." : error.message));
