// What a JSON Schema of the `schema` verb means for people, and which input takes it.

const DIGITS = "^-?\\d+$";
const WIDEST = 2 ** 31 - 1;

/** A property with its reference laid out and `null` taken off: {schema, nullable}. */
export function plain(property, defs = {}) {
  const resolve = (item) => (item?.$ref ? { ...defs[item.$ref.split("/").pop()], ...item, $ref: undefined } : item);
  const found = resolve(property) ?? {};
  const options = (found.anyOf ?? found.oneOf ?? []).map(resolve);
  const real = options.filter((option) => option.type !== "null");
  const nullable = real.length < options.length || found.type === "null";
  const { anyOf: _, oneOf: __, ...own } = found;
  if (options.length === 0) return { schema: found, nullable };
  if (real.length === 1) return { schema: { ...real[0], ...own }, nullable };
  return { schema: { ...own, anyOf: real }, nullable };
}

const has = (options, type) => options.some((option) => option.type === type);

/** The type's name without `null`: "integer", "decimal", "text", "date-time", "list of …", "object". */
function named(schema, defs) {
  const options = schema.anyOf;
  if (options) {
    if (has(options, "integer") && options.some((option) => option.pattern === DIGITS)) return "integer";
    if (has(options, "number") && has(options, "string")) return "decimal";
    return options.map((option) => typeName(option, defs)).join(" or ");
  }
  if (schema["x-nested"] && schema.properties) return `object of ${schema["x-nested"]}`;
  if (schema.type === "array") return `list of ${typeName({ ...schema.items, "x-nested": schema["x-nested"] }, defs)}`;
  if (schema.type === "string") return schema.format ?? "text";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  return schema.type ?? "any JSON";
}

export function typeName(property, defs) {
  const { schema, nullable } = plain(property, defs);
  return `${named(schema, defs)}${nullable ? " or null" : ""}`;
}

/** [{value, label}], or undefined. */
export function choices(schema) {
  if (schema["x-choices"]) return schema["x-choices"];
  return schema.enum?.map((value) => ({ value, label: String(value) }));
}

/** The limits of a value in words. */
export function limits(property, defs) {
  const { schema } = plain(property, defs);
  const told = [];
  if (schema.minLength) told.push(`at least ${schema.minLength} characters`);
  if (schema.maxLength) told.push(`at most ${schema.maxLength} characters`);
  const least = schema.minimum ?? schema.ge;
  const most = schema.maximum ?? schema.le;
  // The ends of a column's type tell nobody anything.
  if (least !== undefined && Math.abs(least) < WIDEST) told.push(`from ${least}`);
  if (most !== undefined && Math.abs(most) < WIDEST) told.push(`to ${most}`);
  return told.join(", ");
}

/** {kind, nullable, choices?, item?}: `kind` is one of those of inputs.js. */
export function inputOf(property, defs) {
  const { schema, nullable } = plain(property, defs);
  const found = choices(schema);
  if (found) return { kind: "choice", nullable, choices: found };
  if (schema.type === "array") {
    const item = inputOf(schema.items ?? {}, defs);
    if (item.kind === "choice") return { kind: "choices", nullable, choices: item.choices };
    return ["json", "list"].includes(item.kind) ? { kind: "json", nullable } : { kind: "list", nullable, item };
  }
  return { kind: kindOf(schema, named(schema, defs)), nullable };
}

function kindOf(schema, name) {
  const direct = { boolean: "boolean", integer: "integer", number: "number", decimal: "text", date: "date", time: "text" };
  if (name in direct) return direct[name];
  if (schema.type === "string") return !schema.format && (schema.maxLength ?? Infinity) > 300 ? "long" : "text";
  return "json";
}
