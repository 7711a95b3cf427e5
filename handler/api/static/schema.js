// JSON Schema in words.

/** The schema itself, or the one that it refers to. */
export function resolve(spec, schema) {
  const name = nameOf(schema);
  return name ? spec.components.schemas[name] : schema;
}

/** Name of the schema that this one refers to. */
export function nameOf(schema) {
  return schema.$ref?.split("/").pop();
}

/** Parts of a sentence: texts, and names of schemas. */
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

// More of them than anybody reads are still all in openapi.json.
const MOST = 12;
const LONGEST = 60;

function listed(values) {
  const shown = values.slice(0, MOST).map((value) => JSON.stringify(value)).join(", ");
  return values.length > MOST ? `${shown} … ${values.length} in all` : shown;
}

function rangeOf({ minimum, maximum, pattern }) {
  if (pattern) return pattern.length > LONGEST ? "of a pattern" : pattern;
  if (minimum !== undefined && maximum !== undefined) return `${minimum}–${maximum}`;
  if (minimum !== undefined) return `≥ ${minimum}`;
  return maximum === undefined ? "" : `≤ ${maximum}`;
}

function joined(groups, text) {
  return groups.flatMap((group, index) => (index === 0 ? group : [{ text }, ...group]));
}
