// /join/CODE: the course is named, an identifier is typed, and the visitor is a member. The code is sent in bodies only.
import { call } from "/assets/api.js";
import { at, copyButton, el, fill, notice } from "/assets/dom.js";

const step = at("step");
let code = decodeURIComponent(location.pathname.replace(/^\/join\/?/, ""));

function form(label, attributes, go, next) {
  const input = el("input", { required: true, autocomplete: "off", autocapitalize: "off", spellcheck: "false", ...attributes });
  const button = el("button", { type: "submit", class: "primary" }, go);
  const made = el("form", { class: "stack" }, el("label", {}, label, input), el("div", {}, button));
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    notice("");
    button.disabled = true;
    try {
      await next(input.value);
    } catch (error) {
      notice(error.message);
      input.focus();
    } finally {
      button.disabled = false;
    }
  });
  return [made, input];
}

const show = (...nodes) => fill(step, ...nodes);

function askCode() {
  const [made, input] = form("The code your teacher gave you", { maxlength: 30, class: "code", value: code }, "Continue", async (typed) => {
    code = typed;
    await look();
  });
  show(made);
  input.focus();
}

async function look() {
  const offer = await call("POST", "/join/peek", { code });
  history.replaceState(null, "", `/join/${encodeURIComponent(code.replace(/[ -]/g, "").toUpperCase())}`);
  askIdentifier(offer, "");
}

async function whoIsHere() {
  return call("GET", "/session").catch(() => null);
}

async function askIdentifier(offer, typed) {
  at("title").textContent = `Join ${offer.course}`;
  const here = await whoIsHere();
  const teachers = offer.teachers.length ? `, taught by ${offer.teachers.join(", ")}` : "";
  const [made, input] = form("Your identifier", { maxlength: 64, value: typed }, "Continue", async (identifier) => confirmIt(offer, identifier.trim()));
  show(
    el("p", {}, `${offer.course}${teachers}. You get ${offer.credit_shown} of credit.`),
    here ? el("p", { class: "banner" }, here.course === offer.course ? `You are in ${here.course} as ${here.name} already. ` : `You are signed in to ${here.course} as ${here.name}; joining signs you in here instead. `,
      el("a", { href: "/" }, `Go on as ${here.name}`)) : null,
    made,
    el("p", { class: "quiet" }, "What your teacher knows you by: a student number, a login or a pseudonym. No name and no mail are needed."));
  input.focus();
}

function confirmIt(offer, identifier) {
  const join = el("button", { type: "button", class: "primary" }, `Join as ${identifier}`);
  join.addEventListener("click", async () => {
    join.disabled = true;
    try {
      done(offer, identifier, await call("POST", "/join", { code, identifier }));
    } catch (error) {
      await askIdentifier(offer, identifier);
      notice(error.message);
    }
  });
  show(el("p", {}, `You join ${offer.course} as ${identifier}.`),
    el("div", {}, join, " ", el("button", { type: "button", class: "link", onclick: () => askIdentifier(offer, identifier) }, "Not you? Change it")));
  join.focus();
}

function done(offer, identifier, { sign_in_url: url }) {
  at("title").textContent = `You are in ${offer.course}`;
  show(
    el("p", {}, `Welcome, ${identifier}. This browser stays signed in for seven days.`),
    el("p", {}, "Your way back, from another browser or when you were signed out. It works once and is shown only now: keep it. Your teacher can make you a new one."),
    el("p", {}, el("code", { id: "way-back" }, url), " ", copyButton(url)),
    el("p", {}, el("a", { href: "/", class: "button" }, "Go to my machines")));
}

async function start() {
  if (!code) return askCode();
  try {
    await look();
  } catch (error) {
    notice(error.message);
    askCode();
  }
  return undefined;
}

start().catch((error) => notice(error.message));
