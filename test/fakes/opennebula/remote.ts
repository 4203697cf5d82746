import type { FrontEnd } from "../../../functions/cli/demo/story.ts";
import { createTestClient } from "./client.ts";
import { elementsIn, parseXmlTree, textIn } from "./xml-tree.ts";

/** What happens in an OpenNebula that runs elsewhere, by its API. @param session `user:password` of an administrator */
export function remoteFrontEnd(url: string, session: string): FrontEnd {
  const client = createTestClient(url, session);
  return {
    createGroup: (name) => client.id("one.group.allocate", name),
    createUser: async (name, password, gid) => {
      const id = await client.id("one.user.allocate", name, password, "core");
      await client.call("one.user.chgrp", id, gid);
      return id;
    },
    startVm: (imageId) => client.id("one.vm.allocate", `DISK = [ IMAGE_ID = "${imageId}" ]`),
    stopVm: async (vmId) => {
      await client.call("one.vm.action", "terminate-hard", vmId);
    },
    sourceOf: async (imageId) => {
      const image = parseXmlTree(await client.call("one.image.info", imageId));
      const source = elementsIn(image).find(({ name }) => name === "SOURCE");
      return source === undefined ? "" : textIn(source);
    },
  };
}
