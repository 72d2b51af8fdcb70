// Small helpers for pages. Text only ever enters as text nodes: what people write is never markup.
export const at = (id) => document.getElementById(id);

// el("td", { class: "quiet", title: "…", onclick: f }, "text", node, …)
export function el(kind, attributes = {}, ...children) {
  const made = document.createElement(kind);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else if (value === true) made.setAttribute(name, "");
    else made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

// Puts these into the box, and nothing else; what is null is left out.
export function fill(box, ...children) {
  box.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
}

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;

// A question in a dialog: fields are labelled inputs, the answer their values by name, or null when it was called off.
export function ask({ title, text = [], fields = [], go, danger = false }) {
  return new Promise((resolve) => {
    const inputs = fields.map(({ label, ...rest }) => {
      const input = el(rest.kind || "input", { autocomplete: "off", ...rest, kind: null });
      return el("label", {}, label, input);
    });
    const form = el("form", { method: "dialog" },
      el("h2", {}, title),
      ...[].concat(text).map((line) => el("p", {}, line)),
      ...inputs,
      el("div", { class: "buttons" },
        el("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"),
        el("button", { type: "submit", value: "go", class: danger ? "danger" : "primary" }, go)));
    const dialog = el("dialog", {}, form);
    dialog.addEventListener("close", () => {
      const answer = dialog.returnValue === "go" ? Object.fromEntries(new FormData(form)) : null;
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (form.querySelector("input, select") || form.querySelector("button[type=submit]")).focus();
  });
}

export function download(name, text, type = "text/csv;charset=utf-8") {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// Puts the text into the clipboard; false where the browser does not let us (no permission, or a page without TLS).
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

export function copyButton(text) {
  const button = el("button", { type: "button", class: "link", onclick: async () => {
    button.textContent = await copied(text) ? "Copied" : "Select it and copy";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  } }, "Copy");
  return button;
}

// Lines to be pasted elsewhere, under their label.
export function copyable(label, text) {
  const words = el("pre", { class: "words", tabindex: 0 }, text);
  const copy = el("button", { type: "button", "aria-label": `Copy: ${label}`, onclick: async () => {
    const done = await copied(text);
    if (!done) getSelection().selectAllChildren(words);  // so that the keyboard copies it
    copy.textContent = done ? "Copied" : "Selected";
  } }, "Copy");
  return el("div", {}, el("p", { class: "quiet" }, label, " ", copy), words);
}

// What is told at the top of the page; `good` for what went well.
export function notice(text, good = false) {
  const box = at("notice");
  box.textContent = text;
  box.classList.toggle("good", good);
  box.hidden = !text;
  if (text) box.scrollIntoView({ block: "nearest" });
}
