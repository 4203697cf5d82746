import type { OpenNebula } from "../../functions/shared/opennebula/opennebula.ts";

/** Deps with which something happens right before each call of a kind. @param nth before that one alone, from 0. What it throws is thrown instead */
export function before<Of extends WithOpenNebula, Method extends keyof OpenNebula>(
  deps: Of,
  method: Method,
  happens: (...call: Parameters<OpenNebula[Method]>) => unknown,
  nth?: number,
): Of {
  return around(deps, method, nth, async (go, call) => {
    await happens(...call);
    return go();
  });
}

/** The same, right after the call has had its effect and before its caller knows. */
export function after<Of extends WithOpenNebula, Method extends keyof OpenNebula>(
  deps: Of,
  method: Method,
  happens: (...call: Parameters<OpenNebula[Method]>) => unknown,
  nth?: number,
): Of {
  return around(deps, method, nth, async (go, call) => {
    const answer = await go();
    await happens(...call);
    return answer;
  });
}

type WithOpenNebula = { readonly opennebula: OpenNebula };

function around<Of extends WithOpenNebula, Method extends keyof OpenNebula>(
  deps: Of,
  method: Method,
  nth: number | undefined,
  wrap: (go: () => unknown, call: Parameters<OpenNebula[Method]>) => Promise<unknown>,
): Of {
  const { opennebula } = deps;
  let calls = 0;
  const changed = (...call: Parameters<OpenNebula[Method]>): unknown => {
    const go = (): unknown => Reflect.apply(opennebula[method], opennebula, call);
    return nth === undefined || calls++ === nth ? wrap(go, call) : go();
  };
  return { ...deps, opennebula: { ...opennebula, [method]: changed } };
}
