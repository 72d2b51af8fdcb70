// The figures of the whole class, above every part of its page.
import { at, count, el } from "/assets/dom.js";
import { drawNotices } from "/assets/notices.js";

function figure(name, big, small) {
  return el("div", {}, el("dt", {}, name), el("dd", { class: "big" }, big), el("dd", { class: "quiet" }, small));
}

export function drawCounters(c) {
  at("class-notices").replaceChildren();
  drawNotices(at("class-notices"), c);
  at("counters").replaceChildren(
    figure("Running now", count(c.machines, "machine"), c.machines ? `of ${count(c.people_with_machines, "person", "people")}` : "Nothing is running."),
    figure("Price now", `${c.rate_shown} an hour`, "of all machines together"),
    figure("Out of credit", String(c.out_of_credit), c.out_of_credit === 1 ? "student" : "students"),
    figure("Members", c.members.toLocaleString(), `${c.invited.toLocaleString()} invited and not yet here, ${c.suspended.toLocaleString()} suspended`));
}
