// Describes JSON Schema types as text.

/** Returns the schema itself, or the one that it refers to. */
export function resolve(spec, schema) {
  const name = nameOf(schema);
  return name ? spec.components.schemas[name] : schema;
}

/** Returns the name of the schema that this one refers to, or undefined. */
export function nameOf(schema) {
  return schema.$ref?.split("/").pop();
}

/** Returns the type of a schema as parts: text, and names of other schemas. */
export function describeType(schema) {
  const name = nameOf(schema);
  if (name) return [{ name }];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return joined(choices.map(describeType), " or ");
  if (schema.enum) return [{ text: listed(schema.enum) }];
  if (schema.const !== undefined) return [{ text: JSON.stringify(schema.const) }];
  if (schema.type === "array") return arrayOf(schema);
  const range = rangeOf(schema);
  return [{ text: [schema.format ?? schema.type ?? "any", range].filter(Boolean).join(" ") }];
}

function arrayOf(schema) {
  if (!schema.items) return [{ text: schema.prefixItems ? `${schema.prefixItems.length} values` : "array" }];
  const count = schema.maxItems ? ` of at most ${schema.maxItems}: ` : " of ";
  return [{ text: `list${count}` }, ...describeType(schema.items)];
}

// Longer lists are cut; openapi.json has all values.
const MOST = 12;

function listed(values) {
  const shown = values.slice(0, MOST).map((value) => JSON.stringify(value)).join(", ");
  return values.length > MOST ? `${shown} … (${values.length} values)` : shown;
}

function rangeOf({ minimum, maximum }) {
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`;
  if (minimum !== undefined) return `≥ ${minimum}`;
  return maximum === undefined ? "" : `≤ ${maximum}`;
}

function joined(groups, text) {
  return groups.flatMap((group, index) => (index === 0 ? group : [{ text }, ...group]));
}
