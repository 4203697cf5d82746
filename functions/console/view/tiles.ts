import { html } from "hono/html";
import type { ImageOverview } from "../../shared/overview/image-overview.ts";
import type { Part, Seen } from "../shared-view.ts";
import { bytes, type Html } from "./text.ts";

/** The size of things, in one row of numbers. */
export function tiles({ identifiers, conversions, queues, spool }: Seen): Html {
  const inSpool = spool.value?.waiting ?? 0;
  const speed = sum(conversions.value ?? [], ({ bytesPerSecond = 0 }) => bytesPerSecond);
  return html`<dl class="tiles" id="tiles">
    ${tile("live images", identifiers, (all) => sum(all, ({ live }) => (live === undefined ? 0 : 1)))}
    ${tile("running VMs", identifiers, (all) => sum(all, ({ live, versions }) => vms(live) + sum(versions, vms)))}
    ${tile("converting", conversions, (all) => all.length, speed > 0 && `${bytes(speed)}/s`)}
    ${tile("waiting", queues, (all) => sum(all, ({ waiting }) => waiting), inSpool > 0 && `+ ${inSpool} in the spool`)}
    ${tile("dead letters", queues, (all) => sum(all, ({ dead }) => dead))}
  </dl>`;
}

/** A number, marked as old when there is no newer answer; a question mark where there was never one. */
function tile<Value>(
  name: string,
  { value, error }: Part<Value>,
  tell: (value: Value) => number,
  more: string | false = false,
): Html {
  return html`<div class="${error === undefined ? "" : "old"}">
    <dt>${name}</dt>
    <dd>
      ${value === undefined ? "?" : tell(value)}${more !== false && html` <small>${more}</small>`}
    </dd>
  </div>`;
}

function vms(image: ImageOverview | undefined): number {
  return image?.runningVms ?? 0;
}

function sum<Item>(items: readonly Item[], tell: (item: Item) => number): number {
  return items.reduce((total, item) => total + tell(item), 0);
}
