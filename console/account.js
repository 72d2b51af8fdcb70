// What a member has beside machines: the course's links, and a way back from another browser.
import { call } from "/assets/api.js";
import { at, copyButton, el } from "/assets/dom.js";

export async function drawAccount(session) {
  at("class-link").hidden = session.role === "student";
  const links = await call("GET", "/go");
  at("course-links").hidden = links.length === 0;
  at("course-link-list").replaceChildren(...links.map((link) => el("li", {}, el("a", { href: `/go/${link.code}` }, link.title), el("span", { class: "quiet" }, ` ${link.image} on ${link.type}`))));
  at("own-link").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    const { url } = await call("POST", "/own-link", {}).finally(() => { button.disabled = false; });
    at("own-link-shown").replaceChildren(el("code", {}, url), " ", copyButton(url), el("div", { class: "quiet" }, "Works once, within seven days. Earlier links of yours end."));
  });
}
