// Homes, machines that a newer image waits for, disks that can be brought back. Asked for when the machines changed.
import { call } from "/assets/api.js";
import { when } from "/assets/when.js";

const HOME = {
  kept: "Your home is a disk of its own: it outlives this machine.",
  elsewhere: "Your home is with another machine now. It comes along when this one starts and the other has stopped.",
  machine: "Started while another machine had your home: its files are on this machine alone.",
};
let known = { keep_days: 0, machines: {}, available: [], deleted: [] };
let newest = 0;

const make = (parent, kind, text) => {
  const made = document.createElement(kind);
  made.textContent = text;
  parent.append(made);
  return made;
};

// What is said before a machine is terminated.
export function endOf(machine) {
  const home = (known.machines[machine.id] || {}).home;
  const back = known.keep_days > 0 ? ` It can be brought back for ${known.keep_days} days.` : "";
  const files = home === "kept" || home === "elsewhere" ? "Its disk is deleted, your home is kept." : "Its disk and all files on it are deleted.";
  return `Terminate (delete) ${machine.name || machine.id}? ${files}${back}`;
}

function button(parent, words, key, run) {
  const made = make(parent, "button", words);
  made.dataset.key = key;
  made.addEventListener("click", run);
  parent.append(" ");
}

function drawInRows(body, act) {
  for (const row of body.rows) {
    const about = known.machines[row.dataset.instance];
    if (!about) continue;
    for (const old of row.querySelectorAll(".of-disks")) old.remove();
    if (HOME[about.home] && about.home !== "kept") {
      const why = make(row.querySelector(".state"), "div", HOME[about.home]);
      why.className = "quiet of-disks";
    }
    if (about.newer_image) {
      const place = make(row.lastElementChild, "span", "");
      place.className = "of-disks";
      button(place, "Start on the new image", `${row.dataset.instance} new-image`, () =>
        act(() => call("POST", `/instances/${row.dataset.instance}/start-on-new-image`, {})));
    }
  }
}

function describe(disk) {
  const what = { home: "home", snapshot: `snapshot${disk.name ? ` ${disk.name}` : ""}` }[disk.kind] ?? `disk of ${disk.name || "a machine"}`;
  return `${disk.shown}: ${what}, ${disk.gib} GiB`;
}

function drawLists(section, act) {
  section.replaceChildren();
  section.hidden = known.available.length + known.deleted.length === 0;
  if (section.hidden) return;
  make(section, "h2", "Disks without a machine");
  const list = make(section, "ul", "");
  for (const disk of known.available) {
    const item = make(list, "li", `${describe(disk)}, ${disk.price_shown}/h `);
    button(item, "Delete", `${disk.id} delete`, () => {
      const back = known.keep_days > 0 ? ` It can be brought back for ${known.keep_days} days.` : "";
      if (confirm(`Delete ${describe(disk)}? All files on it are deleted.${back}`)) act(() => call("POST", `/disks/${disk.id}/delete`, {}));
    });
  }
  for (const disk of known.deleted) {
    const item = make(list, "li", `${describe(disk)}, deleted ${when(disk.deleted)}; its files are gone for good ${when(disk.gone_at)} `);
    button(item, disk.kind === "root" ? "Bring back as a stopped machine" : "Bring back", `${disk.id} restore`, () =>
      act(() => call("POST", `/disks/${disk.id}/restore`, { type: disk.type || "t2.medium" })));
  }
}

// After each drawing of the machines' table, which made its rows anew.
export async function drawDisks(body, section, fail) {
  const act = (run) => run().then(() => drawDisks(body, section, fail)).catch(fail);
  drawInRows(body, act);
  const mine = ++newest;
  const answer = await call("GET", "/disks");
  if (mine !== newest) return;
  known = answer;
  drawInRows(body, act);
  drawLists(section, act);
}
