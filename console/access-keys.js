// A member's access keys for AWS clients: made (the secret is shown once), switched off and on, deleted.
import { call } from "/assets/api.js";
import { ask, at, copyable, download, el, notice } from "/assets/dom.js";
import { when } from "/assets/when.js";

export async function drawAccessKeys(session) {
  const create = at("create-access-key");
  let keys = [], most = 0;

  async function load() {
    ({ keys, most } = await call("GET", "/access-keys"));
    const full = keys.length >= most;
    at("no-access-keys").hidden = keys.length > 0;
    create.disabled = full || session.suspended;
    at("access-key-limit").textContent = session.suspended ? "Not while your account is suspended." : full ? `You have ${most}, which is the most. Delete one to make another.` : "";
    at("access-key-list").replaceChildren(...keys.map(row));
  }

  // What is done to a key: the list is what the server says afterwards.
  const act = (run) => async () => {
    notice("");
    try {
      await run();
    } catch (error) {
      notice(error.message);
    }
    await load().catch((error) => notice(error.message));
  };

  function row(key) {
    const button = (words, run) => el("button", { type: "button", disabled: session.suspended, "aria-label": `${words} ${key.id}`, onclick: act(run) }, words);
    const change = (verb) => call("POST", `/access-keys/${key.id}/${verb}`, {});
    const status = session.suspended ? "Suspended" : key.active ? "Active" : "Inactive";
    return el("tr", { "data-key-id": key.id },
      el("th", { scope: "row" }, el("code", {}, key.id)),
      el("td", { title: key.created }, when(key.created)),
      el("td", { title: key.used || "" }, key.used ? when(key.used) : "Never"),
      el("td", {}, status),
      el("td", {}, key.active ? button("Deactivate", () => change("deactivate")) : button("Activate", () => change("activate")), " ",
        button("Delete", async () => {
          const sure = await ask({ title: `Delete ${key.id}?`, text: ["Whatever uses this key stops working, for good."], go: "Delete", danger: true });
          if (sure) await change("delete");
        })));
  }

  create.addEventListener("click", act(async () => {
    create.disabled = true;
    await show(await call("POST", "/access-keys", {}));
  }));
  await load();
}

function show(made) {
  const dialog = el("dialog", { class: "connect", "aria-labelledby": "new-key-heading" },
    el("h2", { id: "new-key-heading" }, "Your access key"),
    el("p", {}, "The secret is shown only now. If it is lost, delete the key and make another."),
    copyable("Add these lines to the file ~/.aws/config", made.lines),
    el("details", {}, el("summary", {}, "Or let the AWS command line write them"), copyable("In a terminal", made.commands)),
    el("p", { class: "quiet" }, "Then: ", el("code", {}, `aws --profile ${made.profile} ec2 describe-instances`), ", or in Python ",
      el("code", {}, `boto3.Session(profile_name="${made.profile}")`), ". To keep the lines apart, download them and let ", el("code", {}, "AWS_CONFIG_FILE"),
      " name the file. A command line older than 2.13 or 1.29 also needs ",
      el("code", {}, `--endpoint-url ${made.endpoint}`), "."),
    el("div", { class: "buttons" },
      el("button", { type: "button", onclick: () => download("aws-config", made.lines, "text/plain;charset=utf-8") }, "Download as a file"),
      el("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Done")));
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(); });
    dialog.addEventListener("cancel", (event) => event.preventDefault());  // Escape would lose the secret
    document.body.append(dialog);
    dialog.showModal();
  });
}
