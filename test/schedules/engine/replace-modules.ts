import { registerHooks } from "node:module";

/**
 * Lets the modules below functions/ meet the simulation where they would meet the machine. Nobody else is concerned, and it counts
 * only for what is imported afterwards, so it is called once, before the functions are loaded.
 */
export function replaceModules(): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      const replacement = REPLACEMENTS.get(specifier);
      return replacement !== undefined && context.parentURL?.startsWith(FUNCTIONS) === true
        ? nextResolve(replacement, { ...context, parentURL: import.meta.url })
        : nextResolve(specifier, context);
    },
  });
}

const FUNCTIONS = new URL("../../../functions/", import.meta.url).href;

const REPLACEMENTS: ReadonlyMap<string, string> = new Map([
  ["node:fs/promises", "./modules/fs-promises.ts"],
  ["node:crypto", "./modules/crypto.ts"],
  ["node:timers/promises", "./modules/timers-promises.ts"],
  ["execa", "./modules/execa.ts"],
  ["xmlrpc/lib/deserializer.js", "./modules/xmlrpc-deserializer.ts"],
]);
