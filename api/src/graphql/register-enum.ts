import { registerEnumType } from "type-graphql";

/**
 * Registers an enum whose internal values are its names, each with its description.
 * @param values every value and what it means; the type makes a forgotten one an error
 * @returns the object to write in `@Field(() => …)`
 */
export function registerEnum<Value extends string>(
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): Readonly<Record<Value, Value>> {
  const names = Object.keys(values) as Value[];
  const members = Object.fromEntries(names.map((value) => [value, value])) as Record<Value, Value>;
  const valuesConfig = Object.fromEntries(names.map((value) => [value, { description: values[value] }])) as Record<
    Value,
    { description: string }
  >;
  registerEnumType(members, { name, description, valuesConfig });
  return members;
}
