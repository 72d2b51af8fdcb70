// What staff does to one member or many. `who` is what the server takes: {accounts: […]} or {query: {…}}; `words` says
// who that is: "Ada", "12 members". Each resolves to a sentence of what was done, or null when it was called off.
import { call } from "/assets/api.js";
import { ask, copyButton, count, download, el } from "/assets/dom.js";

const post = (body, headers) => call("POST", "/class/act", body, headers);

export async function stop(who, words, machines) {
  const sure = await ask({
    title: `Stop the machines of ${words}?`,
    text: [`This hits ${count(machines, "running machine")}. Files stay; what was not saved is lost.`],
    go: `Stop ${count(machines, "machine")}`, danger: true,
  });
  if (!sure) return null;
  const done = await post({ act: "stop", ...who });
  return `${count(done.machines, "machine")} ${done.machines === 1 ? "is" : "are"} stopping.`;
}

export async function grant(who, words, members) {
  const once = crypto.randomUUID();
  const answer = await ask({
    title: `Give credit to ${words}`,
    fields: [
      { label: members > 1 ? "Dollars for each" : "Dollars (a negative amount takes back)", name: "amount", required: true, inputmode: "decimal", pattern: "-?\\$?[0-9]+([.][0-9]{1,4})?" },
      { label: "Reason, which they see", name: "text", maxlength: 200 },
      { label: "Expires (empty: never)", name: "expires", type: "datetime-local" },
      { label: "Only for these types (empty: all, and disks)", name: "types", maxlength: 200, placeholder: "t2.micro, t2.medium" },
    ],
    go: "Give credit",
  });
  if (!answer) return null;
  const expires = answer.expires ? new Date(answer.expires).toISOString() : "";
  await post({ act: "grant", ...who, ...answer, expires }, { "Idempotency-Key": once });
  return `$${answer.amount.replace("$", "")} ${members > 1 ? `for each of ${count(members, "member")}` : `for ${words}`}.`;
}

export async function suspend(who, words) {
  const sure = await ask({
    title: `Suspend ${words}?`,
    text: ["Their machines stop, and their access keys do nothing until you end the suspension. Disks, files and credit stay, and they can still sign in to fetch their files."],
    go: "Suspend", danger: true,
  });
  if (!sure) return null;
  await post({ act: "suspend", ...who });
  return `Suspended: ${words}.`;
}

export async function unsuspend(who, words) {
  await post({ act: "unsuspend", ...who });
  return `No longer suspended: ${words}.`;
}

export async function moveSection(who, words, sections) {
  const list = el("datalist", { id: "known-sections" }, sections.map((section) => el("option", { value: section })));
  document.body.append(list);
  const answer = await ask({
    title: `Move ${words} to a section`,
    fields: [{ label: "Section (empty: none)", name: "text", maxlength: 40, list: "known-sections" }],
    go: "Move",
  });
  list.remove();
  if (!answer) return null;
  await post({ act: "section", ...who, ...answer });
  return answer.text ? `Moved to ${answer.text}: ${words}.` : `In no section now: ${words}.`;
}

export async function erase(who, words) {
  const answer = await ask({
    title: `Erase ${words}?`,
    text: ["Name, mail and identifier are forgotten for good. The account stays with its ledger, suspended and without a name.", `Type ${words} to go on.`],
    fields: [{ label: "Name", name: "typed" }],
    go: "Erase", danger: true,
  });
  if (!answer) return null;
  if (answer.typed.trim() !== words) return "Nothing was erased: the name was not typed.";
  await post({ act: "erase", ...who });
  return "The person was erased.";
}

export async function newLinks(who, words, members) {
  const sure = await ask({
    title: `New sign-in ${members === 1 ? "link" : "links"} for ${words}?`,
    text: ["Each works once, within seven days. Earlier links end; who is signed in stays so. The links are shown only now."],
    go: members === 1 ? "Make the link" : `Make ${count(members, "link")}`,
  });
  if (!sure) return null;
  const { links, csv } = await call("POST", "/class/sign-in-links", who);
  await showLinks(links, csv);
  return `${count(links.length, "new sign-in link")}.`;
}

function showLinks(links, csv) {
  const dialog = el("dialog", { class: "sheet" },
    el("h2", {}, "Sign-in links"),
    el("p", { class: "quiet no-print" }, "Shown only now. Each signs in one person, once, within seven days."),
    el("div", { class: "scroll" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Name"), el("th", { scope: "col" }, "Identifier"), el("th", { scope: "col" }, "Link"))),
      el("tbody", {}, links.slice(0, 1000).map((link) => el("tr", {},
        el("th", { scope: "row" }, link.name || link.identifier), el("td", {}, link.identifier),
        el("td", {}, el("code", {}, link.url), " ", copyButton(link.url))))))),
    links.length > 1000 ? el("p", {}, `The first 1,000 of ${links.length.toLocaleString()}; the file has all.`) : null,
    el("div", { class: "buttons no-print" },
      el("button", { type: "button", onclick: () => download("sign-in-links.csv", csv) }, "Download CSV"),
      el("button", { type: "button", onclick: () => window.print() }, "Print"),
      el("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done")));
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(); });
    dialog.addEventListener("cancel", (event) => event.preventDefault());  // Escape would lose them
    document.body.append(dialog);
    dialog.showModal();
  });
}
