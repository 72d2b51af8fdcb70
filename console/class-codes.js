// Join codes: made, shown again, ended, printed.
import { call } from "/assets/api.js";
import { ask, copyButton, el, notice } from "/assets/dom.js";
import { when } from "/assets/when.js";

const STATES = { usable: "Usable", "used-up": "Used up", expired: "Expired", ended: "Ended" };
const spaced = (code) => code.replace(/(.{3})(?=.)/g, "$1 ");

export async function showCodes(box) {
  const field = (label, attributes) => el("label", {}, label, el("input", { autocomplete: "off", required: true, ...attributes }));
  const form = el("form", {},
    field("Credit for each, in dollars", { name: "credit", inputmode: "decimal", value: "100", size: 8 }),
    field("How many may join", { name: "uses", type: "number", min: 1, max: 10000, value: 50 }),
    field("For how many days", { name: "days", type: "number", min: 1, max: 366, value: 14 }),
    field("Section (may be empty)", { name: "section", required: false, maxlength: 40 }),
    el("button", { type: "submit", class: "primary" }, "Make a code"));
  const body = el("tbody"), none = el("p", { class: "quiet" }, "No codes yet.");
  box.replaceChildren(
    el("h2", {}, "Join codes"),
    el("p", { class: "quiet" }, "Who has a code opens its address, types an identifier and is a member. No name and no mail are asked."),
    form,
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {},
      ["Code", "Address", "Credit", "Used", "Section", "Expires", "State", ""].map((words) => el("th", { scope: "col" }, words)))), body)), none);

  async function load() {
    const codes = (await call("GET", "/class/codes")).sort((a, b) => b.expires.localeCompare(a.expires));
    none.hidden = codes.length > 0;
    body.replaceChildren(...codes.map((code) => el("tr", { class: code.state },
      el("th", { scope: "row", class: "code" }, spaced(code.code)),
      el("td", { "data-label": "Address" }, el("code", {}, code.url), " ", copyButton(code.url)),
      el("td", { "data-label": "Credit" }, code.credit_shown), el("td", { "data-label": "Used" }, `${code.uses} of ${code.uses_max}`),
      el("td", { "data-label": "Section" }, code.section || "—"), el("td", { "data-label": "Expires" }, when(code.expires)),
      el("td", { "data-label": "State" }, STATES[code.state] || code.state),
      el("td", {}, code.state === "usable" ? el("button", { type: "button", onclick: () => end(code) }, "End it") : null))));
  }

  async function end(code) {
    if (!await ask({ title: `End the code ${spaced(code.code)}?`, text: "Nobody can join with it any more. Who has joined stays.", go: "End it", danger: true })) return;
    await call("POST", "/class/codes/end", { code: code.code }).catch((error) => notice(error.message));
    await load();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    notice("");
    const { credit, uses, days, section } = Object.fromEntries(new FormData(form));
    try {
      const made = await call("POST", "/class/codes", { credit, uses: Number(uses), days: Number(days), section });
      notice(`The code is ${spaced(made.code)}.`, true);
      await load();
    } catch (error) {
      notice(error.message);
    }
  });
  await load();
}
