// The course's rules for its members: what may run, when, and what it may cost. Each form changes its rules alone.
import { call } from "/assets/api.js";
import { ask, count, el, fill, notice } from "/assets/dom.js";
import { hours, ruleWords } from "/assets/rules.js";
import { when } from "/assets/when.js";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const SHOWN = 5;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const field = (label, attributes) => el("label", {}, label, el("input", { autocomplete: "off", ...attributes }));

// What an input of the kind datetime-local takes: the reader's own clock.
function local(instant) {
  const at = new Date(instant);
  return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// As the command line takes them: "2026-12-01 09:55/11:30", "Mon,Wed 10:00/11:30 from 2026-12-01 until 2027-02-10".
function written(data) {
  const span = `${data.get("from")}/${data.get("to")}`;
  const days = data.getAll("day");
  if (days.length === 0) return `${data.get("first")} ${span}`;
  if (!data.get("last")) throw new Error("Hours of every week need a last day.");
  return `${days.join(",")} ${span} from ${data.get("first")} until ${data.get("last")}`;
}

export async function showRules(view) {
  const words = el("ul");
  const limits = el("form", {});
  const cost = el("form", {});
  const end = el("form", {});
  const open = el("section");
  const free = el("section");
  view.replaceChildren(el("h2", {}, "Rules"),
    el("p", { class: "quiet" }, "For members, not for staff. Who runs a machine when a rule changes is warned ten minutes before it stops; disks are always kept."),
    el("section", {}, el("h3", {}, "What members read now"), words),
    el("section", {}, el("h3", {}, "What may run"), limits), el("section", {}, el("h3", {}, "What it may cost"), cost),
    free, open, el("section", {}, el("h3", {}, "End of the course"), end));

  async function change(wish) {
    notice("");
    try {
      draw(await call("POST", "/class/rules", wish));
      notice("Changed.", true);
    } catch (error) {
      notice(error.message);
    }
  }
  function form(box, wish, ...fields) {
    fill(box, ...fields, el("button", { type: "submit" }, "Save"));
    box.onsubmit = (event) => {
      event.preventDefault();
      change(wish(new FormData(box)));
    };
  }

  function hoursBox(box, kind, title, hint, rules) {
    const windows = rules[kind];
    const clear = async () => {
      if (await ask({ title: `Remove all hours: ${title.toLowerCase()}?`, text: hint.none, go: "Remove", danger: true })) await change({ [`no_${kind}`]: true });
    };
    const add = el("form", { class: "hours" },
      field("First day", { name: "first", type: "date", required: true, value: local(rules.now).slice(0, 10) }),
      field("From", { name: "from", type: "time", required: true }), field("To", { name: "to", type: "time", required: true }),
      el("fieldset", {}, el("legend", {}, "Every week on (none: that day alone)"),
        DAYS.map((day) => el("label", { class: "check" }, el("input", { type: "checkbox", name: "day", value: day }), day))),
      field("Last day", { name: "last", type: "date" }),
      el("button", { type: "submit" }, "Add hours"));
    add.addEventListener("submit", (event) => {
      event.preventDefault();
      try {
        change({ [kind]: written(new FormData(add)), zone });
      } catch (error) {
        notice(error.message);
      }
    });
    const more = rules[`${kind}_count`] - Math.min(SHOWN, windows.length);
    fill(box, el("h3", {}, title), el("p", { class: "quiet" }, windows.length ? hint.some : hint.none, ` Times are of ${zone}.`),
      windows.length ? el("ul", {}, windows.slice(0, SHOWN).map((window) => el("li", {}, hours(window))),
        more > 0 ? el("li", { class: "quiet" }, `and ${count(more, "more", "more")}, the last until ${when(rules[`${kind}_until`])}`) : null) : null,
      add, windows.length ? el("button", { type: "button", onclick: clear }, "Remove all") : null);
  }

  function draw(rules) {
    const told = ruleWords(rules);
    fill(words, ...(told.length ? told : ["No rules: members run what the catalogue has, whenever they have credit."]).map((text) => el("li", {}, text)));
    const most = (label, name) => field(`${label} (0: no limit)`, { name, type: "number", min: 0, max: 1_000_000, value: rules[name], required: true });
    form(limits, (data) => ({ types: data.getAll("type"), ...Object.fromEntries(["machines", "vcpus", "disk_gib"].map((name) => [name, Number(data.get(name))])) }),
      el("fieldset", { class: "types" }, el("legend", {}, "Instance types (none chosen: all)"),
        rules.catalogue.map((type) => el("label", { class: "check" },
          el("input", { type: "checkbox", name: "type", value: type, checked: rules.types.includes(type) }), type))),
      most("Machines of a member at once", "machines"), most("vCPUs of a member at once", "vcpus"), most("GiB of all disks of a member", "disk_gib"));
    const dollars = (label, name) => field(label, { name, inputmode: "decimal", value: Number(rules[name]) ? rules[name] : "" });
    form(cost, (data) => Object.fromEntries(data),
      dollars("Dollars a day that a member's machines may cost (empty: no limit)", "per_day"), dollars("Dollars a week", "per_week"),
      dollars("Emergency credit: dollars for a member who has less, once", "emergency"),
      dollars(`Dollars of all emergency credit together (given: ${rules.emergency_given_shown})`, "emergency_total"));
    hoursBox(free, "free", "Class time: hours that cost nothing", {
      none: "No free hours.", some: `Members start without credit then. After it, ${rules.free_stops ? "machines stop" : "machines go on as far as their own credit reaches"}.` }, rules);
    const after = el("label", {}, "After class time ", el("select", { onchange: () => change({ free_stops: after.querySelector("select").value === "stop" }) },
      el("option", { value: "go-on", selected: !rules.free_stops }, "machines go on, on their own credit"), el("option", { value: "stop", selected: rules.free_stops }, "machines stop")));
    free.append(after);
    hoursBox(open, "open", "Hours in which machines may run", { none: "Machines may run at all hours.", some: "Outside of these, machines stop." }, rules);
    form(end, (data) => ({ ends: data.get("ends") ? new Date(data.get("ends")).toISOString().replace(/\.\d+/, "") : "" }),
      field("Nothing runs after (empty: no end)", { name: "ends", type: "datetime-local", value: rules.ends ? local(rules.ends) : "" }));
  }
  draw(await call("GET", "/class/rules"));
}
