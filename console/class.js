// The class page: which part of it the address names, and the figures above all parts.
import { call, useCsrf } from "/assets/api.js";
import { at, notice } from "/assets/dom.js";
import { drawCounters } from "/assets/class-counters.js";
import { showCodes } from "/assets/class-codes.js";
import { showCreditCodes } from "/assets/class-credit-codes.js";
import { showDisks } from "/assets/class-disks.js";
import { showLinks } from "/assets/class-links.js";
import { showMember } from "/assets/class-member.js";
import { showMembers } from "/assets/class-members.js";
import { showRoster } from "/assets/class-roster.js";
import { showRules } from "/assets/class-rules.js";

const VIEWS = { "/class": showMembers, "/class/roster": showRoster, "/class/codes": showCodes, "/class/credit-codes": showCreditCodes, "/class/links": showLinks,
  "/class/rules": showRules, "/class/disks": showDisks };

async function start() {
  let session;
  try {
    session = await call("GET", "/session");
  } catch (error) {
    notice(error.status === 401 ? "You are not signed in. Open your sign-in link." : error.message);
    return;
  }
  useCsrf(session.csrf);
  at("who").textContent = `${session.course} · ${session.name}`;
  if (session.role === "student") {
    notice("This page is for the staff of the course.");
    return;
  }
  at("course").textContent = session.course;
  at("content").hidden = false;
  const path = location.pathname.replace(/\/$/, "");
  const member = path.match(/^\/class\/people\/([0-9]{12})$/);
  const view = member ? (box, refresh) => showMember(box, refresh, member[1]) : VIEWS[path];
  for (const link of document.querySelectorAll("nav a"))
    if (link.pathname === (member ? "/class" : path)) link.setAttribute("aria-current", "page");
  // Views without figures of their own still show those of the class.
  const refresh = async () => drawCounters((await call("POST", "/class/members", { limit: 0 })).counters);
  if (!view) {
    notice("There is nothing at this address.");
    return;
  }
  if (view !== showMembers) await refresh();
  await view(at("view"), refresh, session.course);
}

start().catch((error) => notice(error.message));
