// "Connect": the exact words for ssh from where this page is read. They come from the server; here they are shown and copied.
import { call } from "/assets/api.js";
import { copyable } from "/assets/dom.js";

function element(kind, text, more = {}) {
  return Object.assign(document.createElement(kind), { textContent: text, ...more });
}

const PLACE = {
  here: "On the server's own computer",
  jump: "From this computer, in the folder with the key file",
  https: "From this computer, in the folder with the key file and stipend-ssh.py",
};

function fill(into, words, again) {
  if (words.problem) {
    into.replaceChildren(element("p", words.problem));
    return;
  }
  const parts = [copyable(PLACE[words.way], words.line)];
  if (words.script) {
    const get = element("p", "It needs Python, your AWS profile (or its environment variables), and this file: ");
    get.append(element("a", "stipend-ssh.py", { href: words.script, download: "stipend-ssh.py" }));
    parts.unshift(get);
  }
  if (words.config) parts.push(copyable("In ~/.ssh/config once, so that ssh, scp, rsync and VS Code know your machines by their ids", words.config));
  if (words.way === "jump") {
    const other = element("button", "That port is closed here: through HTTPS instead", { type: "button", className: "link" });
    other.addEventListener("click", again);
    parts.push(other);
  }
  into.replaceChildren(...parts);
}

export async function connect(machine) {
  const ask = (query = "") => call("GET", `/instances/${machine.id}/ssh${query}`);
  const words = await ask();
  const dialog = document.createElement("dialog");
  dialog.className = "connect";
  const heading = element("h2", `Connect to ${machine.name || machine.id}`, { id: "connect-heading" });
  dialog.setAttribute("aria-labelledby", heading.id);
  const content = document.createElement("div");
  const close = element("button", "Close", { type: "button" });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(heading, content, close);
  fill(content, words, async () => fill(content, await ask("?way=https").catch((error) => ({ problem: error.message }))));
  document.body.append(dialog);
  dialog.showModal();
}
