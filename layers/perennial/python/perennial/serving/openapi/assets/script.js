"use strict";
// Text from the API is only ever put in as text: no markup is made of it.
(() => {
  const base = location.pathname.replace(/\/docs\/?$/, "");
  const byId = (id) => document.getElementById(id);
  const form = byId("entry"), field = byId("key"), state = byId("state");
  const index = byId("index"), content = byId("content"), forget = byId("forget");
  const INVITATION = state.textContent;
  let key = "";
  let api = null;

  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) {
      if (attribute === "on") for (const [type, act] of Object.entries(value)) element.addEventListener(type, act);
      else if (value === true) element.setAttribute(attribute, "");
      else if (value !== false && value != null) element.setAttribute(attribute, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  };

  const tell = (text, bad = false) => {
    state.textContent = text;
    state.classList.toggle("bad", bad);
  };

  // Text in which names stand between backticks.
  const prose = (text) => text.split("`").map((part, place) => (place % 2 ? make("code", {}, part) : part));

  const resolve = (part) => {
    let found = part;
    while (found && found.$ref) {
      found = found.$ref.slice(2).split("/").reduce((place, name) => place[name.replace(/~1/g, "/").replace(/~0/g, "~")], api);
    }
    return found || {};
  };

  const types = (schema) => [schema.type ?? []].flat().filter((type) => type !== "null");
  const nullable = (schema) => [schema.type].flat().includes("null");

  // What a value may be, in words.
  const allowed = (schema) => {
    const told = [];
    const { minimum: low, maximum: high } = schema;
    if (low > -9e18 && high < 9e18) told.push(`${low} to ${high}`);
    else if (low > -9e18) told.push(`at least ${low}`);
    else if (high < 9e18) told.push(`at most ${high}`);
    if (schema.enum) told.push(schema.enum.filter((value) => value !== null).join(", "));
    if (schema.pattern) told.push(`as in ${schema.pattern}`);
    return told.join("; ");
  };

  const table = (heads, rows, kind) => make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") },
    make("table", { class: kind },
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col", class: "kind" }, head)))),
      make("tbody", {}, ...rows)));

  const featureRow = (name, schema, required) => {
    const kind = schema.format === "date-time" ? "timestamp" : types(schema).join(" or ");
    const missing = nullable(schema) || !required ? make("span", { class: "soft" }, make("br"), "may be missing") : null;
    const words = [schema.description, allowed(schema)].filter(Boolean).join(" ");
    return make("tr", {}, make("th", { scope: "row", class: "name" }, name), make("td", { class: "kind" }, kind, ...(missing ? [missing] : [])), make("td", { class: "value" }, words));
  };

  const features = (row) => table(["Feature", "Type", "What it may be"],
    Object.entries(row.properties).map(([name, schema]) => featureRow(name, schema, (row.required || []).includes(name))), "rows");

  // A row to start from; null where no value can be shown.
  const template = (row) => Object.fromEntries(Object.entries(row.properties)
    .map(([name, schema]) => [name, schema.examples ? schema.examples[0] : null]));

  // What a body may start from; where models share a path, the example of the one that is chosen.
  const sample = (media, path, inputs) => {
    if (media.example !== undefined) return media.example;
    const chosen = inputs.find(({ parameter }) => parameter.name === "model");
    if (media.examples && chosen) return (media.examples[chosen.element.value] || { value: {} }).value;
    const row = api.components.schemas[`${path.split("/")[3]}.row`];
    if (!row) return {};
    return path.endsWith("/invocations") ? { dataframe_records: [template(row)] } : { rows: [template(row)] };
  };

  const input = (parameter, id) => {
    const schema = resolve(parameter.schema);
    const choices = schema.enum || (schema.type === "boolean" ? [true, false] : null);
    if (!choices) return make("input", { id, required: parameter.required, placeholder: parameter.required ? null : "none", inputmode: schema.type === "integer" ? "numeric" : null });
    const given = parameter.required ? [] : [make("option", { value: "" }, "as by default")];
    return make("select", { id }, ...given, ...choices.map((choice) => make("option", { value: String(choice) }, String(choice))));
  };

  const address = (path, inputs) => {
    let filled = path;
    const query = new URLSearchParams();
    for (const { parameter, element } of inputs) {
      if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(element.value));
      else if (element.value !== "") query.set(parameter.name, element.value);
    }
    return filled + (query.size ? `?${query}` : "");
  };

  const quoted = (text) => `'${text.replace(/'/g, `'\\''`)}'`;
  const command = (method, path, text) => {
    const rights = Object.keys(shown()).map((name) => (name === "authorization" ? '-H "authorization: $TOKEN"' : '-H "x-api-key: $KEY"'));
    const lines = [`curl -s${method === "GET" ? "" : ` -X ${method}`} ${quoted(location.origin + base + path)}`, ...rights];
    if (text !== null) lines.push("-H 'content-type: application/json'", `-d ${quoted(text)}`);
    return lines.join(" \\\n  ");
  };

  const shortened = (text) => {
    try { return JSON.stringify(JSON.parse(text)); } catch { return text; }
  };
  const indented = (text) => {
    try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
  };

  // Tokens of a user pool are JSON Web Tokens, which begin alike; anything else is a key.
  const shown = () => Object.fromEntries(key.split(/\s+/)
    .map((part) => [/^eyJ[\w-]+\./.test(part) ? "authorization" : "x-api-key", part]));

  const send = async (method, path, text) => {
    const headers = shown();
    if (text !== null) headers["content-type"] = "application/json";
    const options = { method, headers, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" };
    if (text !== null) options.body = text;
    return fetch(base + path, options);
  };

  const show = async (place, button, method, path, text) => {
    button.disabled = true;
    const started = performance.now();
    try {
      const response = await send(method, path, text);
      const body = await response.text();
      const took = `${Math.round(performance.now() - started)} ms`;
      place.replaceChildren(
        make("p", {}, make("span", { class: `badge ${response.ok ? "good" : "bad"}` }, String(response.status)), ` ${took}`),
        make("pre", { tabindex: "0", "aria-label": "Answer" }, indented(body)));
    } catch {
      place.replaceChildren(make("p", {}, make("span", { class: "badge bad" }, "No answer")));
    } finally {
      button.disabled = false;
    }
  };

  const copy = async (button, text) => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Could not copy";
    }
    setTimeout(() => { button.textContent = "Copy as curl"; }, 1500);
  };

  const trial = (path, method, operation, id) => {
    const inputs = (operation.parameters || []).map(resolve)
      .map((parameter, place) => ({ parameter, element: input(parameter, `${id}-${place}`) }));
    const media = operation.requestBody && operation.requestBody.content["application/json"];
    const area = media ? make("textarea", { id: `${id}-body`, spellcheck: "false" }) : null;
    const begin = () => {
      area.value = JSON.stringify(sample(media, path, inputs), null, 2);
      area.rows = Math.min(26, area.value.split("\n").length + 1);
    };
    if (area) {
      begin();
      for (const { parameter, element } of inputs) if (parameter.name === "model") element.addEventListener("change", begin);
    }
    const text = () => (area ? area.value : null);
    const result = make("div", { role: "status" });
    const button = make("button", { type: "submit" }, "Send");
    const copied = make("button", { type: "button", class: "quiet", on: { click: () => copy(copied, command(method, address(path, inputs), area && shortened(text()))) } }, "Copy as curl");
    const submit = (event) => {
      event.preventDefault();
      show(result, button, method, address(path, inputs), text());
    };
    const labelled = ({ parameter, element }) => make("div", {}, make("label", { for: element.id, title: parameter.description }, parameter.name), element);
    const trialForm = make("form", { class: "trial", on: { submit } });
    trialForm.append(
      ...(inputs.length ? [make("div", { class: "fields" }, ...inputs.map(labelled))] : []),
      ...(area ? [make("label", { for: area.id }, "Body"), area] : []),
      make("div", { class: "actions" }, button, copied), result);
    return trialForm;
  };

  const answers = (operation) => {
    const row = ([status, response]) => make("tr", {}, make("th", { scope: "row", class: "kind" }, status), make("td", {}, ...prose(resolve(response).description)));
    return make("details", { class: "more" }, make("summary", {}, "What it can answer"),
      table(["Status", "Meaning"], Object.entries(operation.responses).map(row)),
      ...parameterNotes(operation));
  };

  const parameterNotes = (operation) => {
    const parameters = (operation.parameters || []).map(resolve);
    if (!parameters.length) return [];
    const row = (parameter) => make("tr", {}, make("th", { scope: "row", class: "kind" }, parameter.name), make("td", { class: "kind" }, parameter.in), make("td", {}, ...prose(parameter.description)));
    return [make("h3", {}, "Parameters"), table(["Name", "In", "Meaning"], parameters.map(row))];
  };

  const operationView = (path, method, operation, open) => {
    const id = operation.operationId;
    const inside = make("div", { class: "inside" });
    const details = make("details", { class: "operation", id },
      make("summary", {}, make("span", { class: "badge" }, method), make("span", { class: "path" }, path), make("span", { class: "soft" }, operation.summary)),
      inside);
    const fill = () => {
      if (inside.childNodes.length) return;
      if (operation.description) inside.append(make("p", {}, ...prose(operation.description)));
      if (operation.security) inside.append(make("p", { class: "soft" }, "For operators: the request is signed with AWS credentials, which this page has none of."));
      else inside.append(trial(path, method, operation, id));
      inside.append(answers(operation));
    };
    details.addEventListener("toggle", fill);
    if (open) { details.open = true; fill(); }
    return details;
  };

  const operationsOf = (tag) => Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods)
    .filter(([, operation]) => (operation.tags || []).includes(tag))
    .map(([method, operation]) => [path, method.toUpperCase(), operation]));

  const tagView = (tag, place) => {
    const row = api.components.schemas[`${tag.name}.row`];
    const section = make("section", { id: `tag-${place}` }, make("h2", {}, tag.name));
    if (tag.description) section.append(make("p", {}, ...prose(tag.description)));
    operationsOf(tag.name).forEach(([path, method, operation], number) =>
      section.append(operationView(path, method, operation, place === 0 && number === 0 && Boolean(row))));
    if (row) {
      const hidden = Object.values(row.properties).filter((schema) => !schema.examples).length;
      section.append(make("h3", {}, "A row"), features(row));
      if (hidden) section.append(make("p", { class: "soft" }, "null in the body above stands where no example can be shown: put a value of your own in, or leave it out where it may be missing."));
    }
    return section;
  };

  // Once the page is open, the one thing left to do with the key is to forget it.
  const lock = (opened) => {
    for (const element of form.querySelectorAll("label, input, [type=submit]")) element.hidden = opened;
    forget.hidden = !opened;
  };

  const open = () => {
    byId("title").textContent = document.title = `${api.info.title} API`;
    const tags = api.tags || [];
    index.replaceChildren(make("ul", {}, ...tags.map((tag, place) => make("li", {}, make("a", { href: `#tag-${place}` }, tag.name)))));
    content.replaceChildren(make("p", {}, api.info.description), ...tags.map(tagView));
    byId("columns").classList.add("open");
    lock(true);
    const models = Object.keys(api.components.schemas).filter((name) => name.endsWith(".row")).length;
    tell(`${models} ${models === 1 ? "model" : "models"}. Requests made here are real ones and count for the key.`);
    content.focus({ preventScroll: true });
  };

  const close = (text, bad) => {
    key = "";
    api = null;
    index.replaceChildren();
    content.replaceChildren();
    byId("columns").classList.remove("open");
    lock(false);
    byId("title").textContent = document.title = "API";
    tell(text, bad);
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    key = field.value.trim();
    button.disabled = true;
    tell("Asking …");
    try {
      const response = await send("GET", "/openapi.json", null);
      if (!response.ok) {
        const refused = response.status === 401 || response.status === 403;
        close(refused ? "This key is not accepted." : `The API answered with ${response.status}. Try again in a moment.`, true);
        field.select();
        return;
      }
      api = await response.json();
      field.value = "";
      open();
    } catch {
      close("The API did not answer. Try again in a moment.", true);
    } finally {
      button.disabled = false;
    }
  });

  forget.addEventListener("click", () => { close(INVITATION); field.focus(); });
  field.focus();
})();
