// Course links: from a course page to a running notebook.
import { call } from "/assets/api.js";
import { ask, copyButton, el, notice } from "/assets/dom.js";

export async function showLinks(box) {
  const [images, types] = await Promise.all([call("GET", "/images"), call("GET", "/types")]);
  const usable = images.filter((image) => image.jupyter && image.house);
  const field = (label, attributes) => el("label", {}, label, el("input", { autocomplete: "off", ...attributes }));
  const form = el("form", {},
    field("Title, which members read", { name: "title", required: true, maxlength: 100, placeholder: "Lab 1" }),
    el("label", {}, "Image", el("select", { name: "image" }, [...new Set(usable.map((image) => image.name))].map((name) => el("option", { value: name }, name)))),
    el("label", {}, "Instance type of a new machine", el("select", { name: "type" },
      types.map((type) => el("option", { value: type.name, selected: type.name === "t2.medium" }, `${type.name} · ${type.price_shown}/h`)))),
    field("Repository (https address, may be empty)", { name: "repository", type: "url", maxlength: 300, size: 36, placeholder: "https://github.com/teacher/labs" }),
    field("Branch", { name: "branch", maxlength: 100, size: 10, placeholder: "its own" }),
    field("Page to open, below the home", { name: "path", maxlength: 200, size: 28, placeholder: "labs/lab1.ipynb" }),
    el("button", { type: "submit", class: "primary" }, "Make a link"));
  const body = el("tbody"), none = el("p", { class: "quiet" }, "No links yet.");
  box.replaceChildren(
    el("h2", {}, "Course links"),
    el("p", { class: "quiet" }, "A member who opens the address gets a machine of the image, the repository cloned or brought up to date without losing edits, and the page in JupyterLab."),
    usable.length ? form : el("p", {}, "No image here has Jupyter, so there is nothing a link could open."),
    el("div", { class: "scroll" }, el("table", {}, el("thead", {}, el("tr", {},
      ["Title", "Address", "Opens", "Repository and page", ""].map((words) => el("th", { scope: "col" }, words)))), body)), none);

  async function load() {
    const links = (await call("GET", "/class/links")).sort((a, b) => a.title.localeCompare(b.title));
    none.hidden = links.length > 0;
    body.replaceChildren(...links.map((link) => el("tr", {},
      el("th", { scope: "row" }, link.title, link.broken ? el("div", { class: "quiet" }, "Broken: its image or type is gone.") : null),
      el("td", { "data-label": "Address" }, el("code", {}, link.url), " ", copyButton(link.url)),
      el("td", { "data-label": "Opens" }, `${link.image} on ${link.type}`),
      el("td", { "data-label": "Repository and page" }, [link.repository, link.branch && `branch ${link.branch}`, link.path].filter(Boolean).join(" · ") || "—"),
      el("td", {}, el("button", { type: "button", onclick: () => remove(link) }, "Delete")))));
  }

  async function remove(link) {
    if (!await ask({ title: `Delete the link ${link.title}?`, text: "Its address stops working. Machines stay.", go: "Delete", danger: true })) return;
    await call("POST", "/class/links/delete", { code: link.code }).catch((error) => notice(error.message));
    await load();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    notice("");
    try {
      const made = await call("POST", "/class/links", Object.fromEntries(new FormData(form)));
      notice(`The link is ${made.url}`, true);
      form.reset();
      await load();
    } catch (error) {
      notice(error.message);
    }
  });
  await load();
}
