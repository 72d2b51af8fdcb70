// Credit codes: made in batches, shown again and printed by batch, ended.
import { call } from "/assets/api.js";
import { ask, count, download, el, notice } from "/assets/dom.js";
import { when } from "/assets/when.js";

// Codes of one making: their label, amount and instant are the same.
function batches(codes) {
  const found = new Map();
  for (const code of codes) {
    const key = JSON.stringify([code.made, code.label, code.amount_shown, code.uses_max]);
    if (!found.has(key)) found.set(key, []);
    found.get(key).push(code);
  }
  return [...found.values()].sort((a, b) => b[0].made.localeCompare(a[0].made));
}

// A cell that a spreadsheet would take for a formula gets an apostrophe before it.
const cell = (text) => `"${(/^[=+@\t-]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
const csv = (codes) => ["code,amount,uses,expires,label", ...codes.map((code) => [code.printed, code.amount_shown.replace("$", ""), code.uses_max, code.expires, cell(code.label)].join(","))].join("\n") + "\n";

const ends = (code) => (code.credit_days ? `${count(code.credit_days, "day")} after it is entered` : code.credit_expires ? when(code.credit_expires) : "Never");

function show(codes, course) {
  const dialog = el("dialog", { class: "sheet" },
    el("h2", { class: "no-print" }, count(codes.length, "credit code")),
    el("p", { class: "quiet no-print" }, "To cut up and give out, or as a file for a mail merge. They can be shown again."),
    el("div", { class: "cards" }, codes.map((code) => el("div", { class: "card" },
      el("div", { class: "quiet" }, course, code.label ? ` · ${code.label}` : ""), el("div", { class: "code" }, code.printed),
      el("div", {}, `${code.amount_shown} of credit. Sign in at ${location.origin} and enter it under “Add credit”, until ${when(code.expires)}.`)))),
    el("div", { class: "buttons no-print" },
      el("button", { type: "button", onclick: () => download("credit-codes.csv", csv(codes)) }, "Download CSV"),
      el("button", { type: "button", onclick: () => window.print() }, "Print"),
      el("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done")));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export async function showCreditCodes(view, refresh, course) {
  const list = el("tbody");
  const none = el("p", { class: "quiet" }, "No credit codes yet.");
  const field = (label, attributes) => el("label", {}, label, el("input", { autocomplete: "off", ...attributes }));
  const form = el("form", {},
    field("Credit of a code, in dollars", { name: "amount", required: true, inputmode: "decimal", value: "5" }),
    field("How many codes", { name: "count", type: "number", min: 1, max: 2000, value: 1, required: true }),
    field("Members that can use each", { name: "uses", type: "number", min: 1, max: 10000, value: 1, required: true }),
    field("Can be entered for, in days", { name: "days", type: "number", min: 1, max: 366, value: 30, required: true }),
    field("The credit then lasts, in days (empty: for good)", { name: "credit_days", type: "number", min: 1, max: 3660 }),
    field("Only for these types (empty: all, and disks)", { name: "types", placeholder: "t2.micro, t2.medium" }),
    field("Label, which members see", { name: "label", maxlength: 60 }),
    el("button", { class: "primary", type: "submit" }, "Make codes"));
  view.replaceChildren(el("h2", {}, "Credit codes"),
    el("p", { class: "quiet" }, "A member enters a code on their page and has its credit at once; each code works once for each member."),
    form, none,
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {},
      ["Label", "Credit", "Codes", "Used", "Expires", "Credit ends", "Pays for", ""].map((words) => el("th", { scope: "col" }, words)))), list)));

  async function load() {
    const all = batches(await call("GET", "/class/credit-codes"));
    none.hidden = all.length > 0;
    list.replaceChildren(...all.map((codes) => {
      const [first] = codes;
      const live = codes.filter((code) => code.state === "usable");
      const used = codes.reduce((sum, code) => sum + code.uses, 0);
      return el("tr", {},
        el("th", { scope: "row" }, first.label || "—", el("div", { class: "quiet" }, when(first.made))),
        el("td", { "data-label": "Credit" }, first.amount_shown),
        el("td", { "data-label": "Codes" }, codes.length === live.length ? `${codes.length}` : `${codes.length}, ${live.length} usable`),
        el("td", { "data-label": "Used" }, `${used} of ${codes.length * first.uses_max}`),
        el("td", { "data-label": "Expires" }, when(first.expires)),
        el("td", { "data-label": "Credit ends" }, ends(first)),
        el("td", { "data-label": "Pays for" }, first.types.length ? first.types.join(", ") : "Everything"),
        el("td", {}, live.length ? [el("button", { type: "button", onclick: () => show(live, course) }, "Show"), " ",
          el("button", { type: "button", onclick: () => end(live) }, "End")] : "Over"));
    }));
  }

  async function end(codes) {
    const sure = await ask({ title: `End ${count(codes.length, "code")}?`, text: "Nobody can enter them any more. Credit that was given stays.", go: "End", danger: true });
    if (!sure) return;
    await call("POST", "/class/credit-codes/end", { codes: codes.map((code) => code.code) }).catch((error) => notice(error.message));
    await load();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    notice("");
    const { amount, types, label, ...figures } = Object.fromEntries(new FormData(form));
    try {
      const numbers = Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, Number(value)]));
      const made = await call("POST", "/class/credit-codes", { amount, types, label, ...numbers });
      await load();
      show(made, course);
    } catch (error) {
      notice(error.message);
    }
  });
  await load();
}
