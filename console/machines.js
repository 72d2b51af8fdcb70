// The table of machines. Text only ever enters as text nodes: names are a student's own words.
import { drawNotices } from "/assets/notices.js";
import { placeOf, waiting } from "/assets/queue.js";
import { when } from "/assets/when.js";

const ACTIONS = {
  running: [["jupyter", "Open Jupyter"], ["connect", "Connect"], ["stop", "Stop"], ["terminate", "Terminate (delete)"]],
  stopped: [["start", "Start"], ["terminate", "Terminate (delete)"]],
  pending: [["terminate", "Terminate (delete)"]],
};
const WORDS = { pending: "Pending", running: "Running", stopping: "Stopping", stopped: "Stopped", "shutting-down": "Shutting down", terminated: "Terminated" };

function cell(row, text, kind = "td") {
  const made = document.createElement(kind);
  if (kind === "th") made.scope = "row";
  made.textContent = text;
  row.append(made);
  return made;
}

export function drawMachines(body, none, machines, act) {
  const focused = document.activeElement?.dataset?.key;
  const shown = machines.filter((m) => m.state !== "terminated");
  none.hidden = shown.length > 0;
  body.replaceChildren(...shown.map((machine) => {
    const row = document.createElement("tr");
    row.dataset.instance = machine.id;
    row.dataset.state = machine.state;
    cell(row, machine.name || "—", "th");
    cell(row, machine.id).className = "whole";
    const state = cell(row, WORDS[machine.state] || machine.state);
    state.className = `state ${machine.state}`;
    if (machine.reason && machine.state !== "running") {
      const why = document.createElement("div");
      why.className = "quiet";
      why.textContent = machine.stopped_at ? `${when(machine.stopped_at)}: ${machine.reason}` : machine.reason;
      state.append(why);
    }
    drawNotices(state, machine);
    const place = placeOf(machine.id);
    if (place) state.append(waiting(place, (id) => act(id, "leave-queue", machine)));
    cell(row, `${machine.type} · ${machine.price_shown}/h`).className = "whole";
    cell(row, machine.public_address || "—");
    const actions = cell(row, "");
    if (machine.state === "stopped") {
      const files = document.createElement("a");
      files.href = "/files";
      files.textContent = "Files";
      actions.append(files, " ");
    }
    for (const [verb, words] of ACTIONS[machine.state] || []) {
      if (verb === "jupyter" && !machine.jupyter) continue;
      if (verb === "start" && place) continue;
      const button = document.createElement("button");
      button.textContent = words;
      button.dataset.key = `${machine.id} ${verb}`;
      if (verb === "jupyter" || verb === "start") button.className = "primary";
      button.addEventListener("click", () => act(machine.id, verb, machine));
      actions.append(button, " ");
    }
    return row;
  }));
  if (focused) body.querySelector(`[data-key="${focused}"]`)?.focus();
}
