// A roster from a file: chosen, looked at, then imported. Nothing changes before that.
import { call } from "/assets/api.js";
import { count, download, el, fill, notice } from "/assets/dom.js";

async function send(file, options) {
  return call("POST", `/class/roster?${new URLSearchParams(options)}`, file, { "Content-Type": "application/octet-stream" });
}

function table(titles, rows) {
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, rows.map((cells) => el("tr", {}, cells.map((text, i) => el("td", { "data-label": titles[i] }, String(text || "—"))))))));
}

function part(title, total, shown, content, open) {
  if (!total) return null;
  return el("details", { open }, el("summary", {}, title), content, total > shown ? el("p", { class: "quiet" }, `The first ${shown.toLocaleString()} of ${total.toLocaleString()}.`) : null);
}

export async function showRoster(box, refresh) {
  const input = el("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", id: "roster-file" });
  const paste = el("textarea", { rows: 4, placeholder: "name,identifier,mail,section,credit\nAda,s1001,,A,100", "aria-label": "Or paste the lines here", spellcheck: "false" });
  const credit = el("input", { inputmode: "decimal", placeholder: "0", size: 8, autocomplete: "off" });
  const missing = el("input", { type: "checkbox" });
  const skip = el("input", { type: "checkbox" });
  const look = el("button", { type: "submit", class: "primary" }, "Preview");
  const result = el("div", { "aria-live": "polite" });
  const form = el("form", { class: "stack" },
    el("label", { class: "drop" }, "A CSV file from a spreadsheet or your learning platform", input),
    el("label", {}, "Or paste it", paste),
    el("div", { class: "tools" }, el("label", {}, "First credit of new members, in dollars, where the file names none", credit)),
    el("label", { class: "check" }, missing, "Suspend students who are not in the file (else they stay as they are)"),
    el("div", {}, look, " ", el("button", { type: "button", class: "link", onclick: async () => download("roster.csv", (await call("GET", "/class/roster.csv")).csv) }, "Download the present roster")));
  box.replaceChildren(
    el("h2", {}, "Add people"),
    el("p", { class: "quiet" }, "The first line names the columns: identifier or mail is needed; name, section, credit and role are not. Nothing changes before you have seen it."),
    form, result);

  const chosen = () => (input.files[0] ? input.files[0] : paste.value.trim() ? new Blob([paste.value], { type: "text/plain" }) : null);
  const options = () => ({ credit: credit.value.trim(), suspend_missing: missing.checked ? "1" : "", skip_wrong: skip.checked ? "1" : "" });
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
  for (const changed of [input, paste, credit, missing]) changed.addEventListener("input", () => result.replaceChildren());

  async function preview() {
    notice("");
    const file = chosen();
    if (!file) return notice("Choose a file, or paste the lines.");
    look.disabled = true;
    try {
      draw(await send(file, options()), file);
    } catch (error) {
      notice(error.message);
    } finally {
      look.disabled = false;
    }
    return undefined;
  }

  function draw(p, file) {
    const people = (rows) => table(["Line", "Name", "Identifier", "Mail", "Section"], rows.map((r) => [r.line, r.name, r.identifier, r.mail, r.section]));
    const go = el("button", { type: "button", class: "primary" }, `Import ${count(p.new_count + p.changed_count, "member")}`);
    const does = p.new_count + p.changed_count + (missing.checked ? p.missing_count : 0);
    const fatal = p.wrong.some((w) => w.line === 0) || (p.wrong_count > 0 && missing.checked);
    go.disabled = !does || fatal || (p.wrong_count > 0 && !skip.checked);
    const why = fatal && missing.checked ? "A wrong line may be that of a member: correct all lines before you suspend who is missing." : !does || fatal ? "There is nothing to import." : p.wrong_count > 0 && !skip.checked ? "Correct the wrong lines, or leave them out." : "";
    go.addEventListener("click", async () => {
      go.disabled = true;
      try {
        const done = await send(file, { ...options(), digest: p.digest });
        result.replaceChildren(el("p", {}, el("a", { href: "/class#state=invited" }, "Show who is invited"), " and make their sign-in links there."));
        notice(`${count(done.invited, "member")} invited, ${done.changed} changed, ${done.suspended} suspended.`, true);
        await refresh();
      } catch (error) {
        notice(error.message);
        if (error.code === "RosterChanged") await preview();
        else go.disabled = false;
      }
    });
    fill(result,
      el("h2", {}, "What this would do"),
      el("p", {}, `${p.new_count.toLocaleString()} new, ${p.changed_count.toLocaleString()} changed, ${p.unchanged.toLocaleString()} as they were, ` +
        `${count(p.missing_count, "member")} not in the file, ${count(p.wrong_count, "wrong line")}.`),
      p.ignored_columns.length ? el("p", { class: "quiet" }, `Not used: ${p.ignored_columns.join(", ")}.`) : "",
      part(`Wrong: ${p.wrong_count}`, p.wrong_count, p.wrong.length, table(["Line", "Column", "Reason"], p.wrong.map((w) => [w.line || "", w.column, w.reason])), true) || "",
      part(`New: ${p.new_count}`, p.new_count, p.new.length, people(p.new), true) || "",
      part(`Changed: ${p.changed_count}`, p.changed_count, p.changed.length,
        table(["Line", "What", "Name", "Identifier", "Mail", "Section"], p.changed.map((r) => [r.line, r.what, r.name, r.identifier, r.mail, r.section])), true) || "",
      part(`Not in the file: ${p.missing_count} (${missing.checked ? "would be suspended" : "stay as they are"})`, p.missing_count, p.missing.length, el("p", {}, p.missing.join(", ")), missing.checked) || "",
      p.wrong_count ? el("label", { class: "check" }, skip, "Leave the wrong lines out") : "",
      el("p", {}, go, " ", el("span", { class: "quiet" }, why)));
  }

  skip.addEventListener("change", preview);  // another plan, so another digest
  form.addEventListener("submit", (event) => { event.preventDefault(); preview(); });
}
