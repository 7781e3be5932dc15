"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const text = (at) => (at < 0 ? "" : data.strings[at]);
  const statuses = ["fail", "unknown", "pass", "not_applicable"];
  const words = { fail: "fail", unknown: "unseen", pass: "met", not_applicable: "not applicable" };
  const severities = ["critical", "high", "medium", "low", "info"];
  const page = 25;
  const panel = document.getElementById("panel");
  let open = null;

  const el = (name, attributes, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== ""));
    return node;
  };
  const count = (value) => value.toLocaleString("en-US");

  // One result as an object; the arrays are what keeps the page small.
  const read = (row) => {
    const [check, resource, status, party, owner, facts, id, due, exception] = row;
    const c = data.checks[check];
    const r = data.resources[resource];
    const list = [];
    for (let at = 0; at < facts.length; at += 3) {
      const file = text(facts[at + 1]);
      list.push({ text: text(facts[at]), at: file && file + ":" + facts[at + 2] });
    }
    return {
      status: statuses[status], party: text(party), owner: text(owner), facts: list, id: id && "F-" + id, due,
      exception: text(exception),
      check: { title: text(c[0]), layer: text(c[1]), severity: severities[c[2]], why: text(c[3]), aws: text(c[4]), yours: text(c[5]), fixes: c[6] },
      resource: { name: text(r[0]), type: text(r[1]), scope: [text(r[2]), text(r[3])].filter(Boolean).join(" "), at: text(r[4]) && (r[5] ? text(r[4]) + ":" + r[5] : text(r[4])) },
    };
  };
  const layerOf = (row) => text(data.checks[row[0]][1]);

  const item = (row) => {
    const one = read(row);
    const whose = [one.party, one.owner, one.exception || (one.due === null ? "" : one.due < 0 ? "overdue " + -one.due + " d" : "due " + one.due + " d")];
    const more = el("details", {}, el("summary", {}, "Why, whose and how to fix"));
    more.addEventListener("toggle", () => {
      if (!more.open || more.childElementCount > 1) return;
      if (one.check.why) more.append(el("p", {}, one.check.why));
      if (one.check.aws) more.append(el("p", {}, el("b", {}, "AWS's part: "), one.check.aws));
      if (one.check.yours) more.append(el("p", {}, el("b", {}, "Your part: "), one.check.yours));
      for (let at = 0; at < one.check.fixes.length; at += 2) {
        more.append(el("p", {}, el("b", {}, text(one.check.fixes[at]))), el("pre", {}, text(one.check.fixes[at + 1])));
      }
      if (one.id) more.append(el("p", {}, el("code", {}, "partywall explain " + one.id)));
    });
    return el("li", {},
      el("div", {}, el("span", { class: "status " + one.status }, words[one.status] + " "),
        one.status === "fail" || one.status === "unknown" ? el("span", { class: "tag " + one.check.severity }, one.check.severity) : "",
        one.exception ? el("span", { class: "tag" }, "excepted") : "",
        " ", el("b", {}, one.resource.name), " ", el("span", { class: "meta" }, [one.resource.type, one.resource.scope].filter(Boolean).join(" · "))),
      el("div", {}, one.check.title),
      ...one.facts.map((fact) => el("p", { class: "fact" }, (fact.at ? fact.at + "  " : "") + fact.text)),
      one.facts.length === 0 && one.resource.at ? el("p", { class: "fact" }, one.resource.at) : "",
      el("div", { class: "meta" }, (one.status === "fail" || one.exception ? whose : whose.slice(0, 1)).filter(Boolean).join(" · ")),
      one.status === "pass" || one.status === "not_applicable" ? "" : more);
  };

  const show = (layer, brick) => {
    if (open) open.setAttribute("aria-expanded", "false");
    if (open === brick && !panel.hidden) { panel.hidden = true; open = null; return; }
    open = brick;
    if (brick) brick.setAttribute("aria-expanded", "true");
    const rows = layer ? data.results.filter((row) => layerOf(row) === layer) : data.results;
    const part = layer ? document.getElementById("part-" + layer) : null;
    const cells = part ? [...part.children].map((cell) => cell.textContent) : ["All results", "", ""];
    const have = statuses.map((_, status) => rows.filter((row) => row[2] === status).length);
    let chosen = Math.max(0, have.findIndex((value) => value > 0));
    let query = "";
    let shown = page;
    const list = el("ul", { class: "list" });
    const foot = el("p", { class: "quiet" });
    const chips = el("div", { class: "chips", role: "group", "aria-label": "Answer" });
    const draw = () => {
      chips.replaceChildren(...statuses.map((status, at) => have[at] === 0 ? "" : el("button", { type: "button", "aria-pressed": String(at === chosen), onclick: () => { chosen = at; shown = page; draw(); } }, words[status] + " " + count(have[at]))).filter(Boolean));
      const found = rows.filter((row) => {
        if (row[2] !== chosen) return false;
        if (!query) return true;
        const one = read(row);
        return [one.resource.name, one.resource.type, one.resource.scope, one.check.title, one.owner, one.id].join(" ").toLowerCase().includes(query);
      });
      list.replaceChildren(...found.slice(0, shown).map(item));
      foot.replaceChildren(rows.length === 0 ? "No single results stand in this layer: what is known of it is proof and evidence, not a check." : count(Math.min(shown, found.length)) + " of " + count(found.length) + " ");
      if (found.length > shown) foot.append(el("button", { type: "button", onclick: () => { shown += page * 4; draw(); } }, "Show more"));
    };
    const search = el("input", { type: "search", placeholder: "Search name, type, owner", "aria-label": "Search results", oninput: (event) => { query = event.target.value.toLowerCase(); shown = page; draw(); } });
    const close = el("button", { type: "button", onclick: () => { panel.hidden = true; if (open) { open.setAttribute("aria-expanded", "false"); open.focus(); } open = null; } }, "Close");
    panel.replaceChildren(
      el("div", { class: "row" }, el("h3", { tabindex: "-1" }, cells[0]), close),
      layer ? el("dl", {}, el("div", {}, el("dt", {}, "AWS's part"), el("dd", {}, cells[1] || "–")), el("div", {}, el("dt", {}, "Your part"), el("dd", {}, cells[2] || "–"))) : "",
      el("div", { class: "row" }, chips, rows.length > page ? search : ""), list, foot);
    draw();
    panel.hidden = false;
    panel.querySelector("h3").focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  };

  for (const brick of document.querySelectorAll(".brick")) {
    brick.setAttribute("role", "button");
    brick.setAttribute("aria-expanded", "false");
    brick.addEventListener("click", (event) => { event.preventDefault(); show(brick.dataset.layer, brick); });
    brick.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); show(brick.dataset.layer, brick); } });
  }
  for (const button of document.querySelectorAll("button.link")) {
    button.hidden = false;
    button.addEventListener("click", () => { open = null; show("", null); });
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !panel.hidden) show(open ? open.dataset.layer : "", open); });
  addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("main > section > .framework > details")) one.open = true; });
})();
