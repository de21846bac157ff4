// Forms that send a request: what is in them, what the server said of each field, and not twice at once.

/**
 * `send(values)` answers a promise. A RequestError's messages are shown where they belong: each field `name` may have an
 * element with `data-error="name"`; `data-error="__all__"` has the rest.
 */
export function sendForm(form, send) {
  form.noValidate = true; // the server judges, and its messages appear beside the fields
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    clearErrors(form);
    form.setAttribute("aria-busy", "true");
    try {
      await send(values(form));
    } catch (error) {
      showErrors(form, error);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
  form.addEventListener("input", ({ target }) => clearError(form, target.name));
}

export function values(form) {
  const found = {};
  for (const field of fields(form)) {
    if (field.type === "checkbox") found[field.name] = field.checked;
    else if (field.dataset.type === "number") found[field.name] = Number(field.value);
    else found[field.name] = field.value === "" && field.dataset.empty === "null" ? null : field.value;
  }
  return found;
}

export function fields(form) {
  return [...form.elements].filter((field) => field.name && !field.disabled);
}

export function clearErrors(form) {
  form.querySelectorAll("[data-error]").forEach((place) => clearError(form, place.dataset.error));
}

function clearError(form, name) {
  const place = slot(form, name);
  if (place) place.textContent = "";
  form.elements[name]?.removeAttribute("aria-invalid");
}

export function showErrors(form, error) {
  const rest = [];
  let first = null;
  for (const [name, problems] of Object.entries(error.errors ?? {})) {
    const text = problems.map(({ message }) => message).join(" ");
    const field = form.elements[name];
    if (name === "__all__" || !field || !slot(form, name)) {
      rest.push(text);
      continue;
    }
    slot(form, name).textContent = text;
    field.setAttribute("aria-invalid", "true");
    first ??= field;
  }
  if (!first && !rest.length) rest.push(error.message);
  slot(form, "__all__").textContent = rest.join(" ");
  // A screen reader says the field with its message, which `aria-describedby` ties to it.
  first?.focus();
}

function slot(form, name) {
  return form.querySelector(`[data-error="${CSS.escape(name)}"]`);
}

/** Fill a `<select>`, keeping what is chosen where it is still there. `options` are `[value, text]`. */
export function fillSelect(select, options) {
  const chosen = select.value;
  select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  if (options.some(([value]) => String(value) === chosen)) select.value = chosen;
}
