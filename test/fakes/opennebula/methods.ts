import type { Method } from "./call.ts";
import { datastoreInfo, datastorePoolInfo, updateDatastore } from "./datastore-methods.ts";
import { allocateGroup, groupInfo, groupPoolInfo, setGroupQuota } from "./group-methods.ts";
import { allocateImage } from "./image-allocate.ts";
import { enableImage, renameImage, setPersistent, updateImage } from "./image-change.ts";
import { cloneImage } from "./image-clone.ts";
import { deleteImage } from "./image-delete.ts";
import { lockImage, unlockImage } from "./image-lock.ts";
import { chmodImage, chownImage } from "./image-owner.ts";
import { imageInfo, imagePoolInfo } from "./image-read.ts";
import { raftStatus, systemVersion, zoneInfo } from "./system-methods.ts";
import {
  allocateUser,
  changeUserGroup,
  deleteUser,
  setUserQuota,
  updateUser,
  userInfo,
  userPoolInfo,
} from "./user-methods.ts";
import { actOnVm, allocateVm, vmInfo } from "./vm-methods.ts";

/** The methods that this oned knows. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["one.system.version", { handle: systemVersion, kind: "version" }],
  ["one.zone.info", { handle: zoneInfo, kind: "read" }],
  ["one.zone.raftstatus", { handle: raftStatus, kind: "read" }],
  ["one.user.info", { handle: userInfo, kind: "read" }],
  ["one.userpool.info", { handle: userPoolInfo, kind: "read" }],
  ["one.user.allocate", { handle: allocateUser, kind: "write" }],
  ["one.user.delete", { handle: deleteUser, kind: "write" }],
  ["one.user.quota", { handle: setUserQuota, kind: "write" }],
  ["one.user.chgrp", { handle: changeUserGroup, kind: "write" }],
  ["one.user.update", { handle: updateUser, kind: "write" }],
  ["one.group.info", { handle: groupInfo, kind: "read" }],
  ["one.grouppool.info", { handle: groupPoolInfo, kind: "read" }],
  ["one.group.allocate", { handle: allocateGroup, kind: "write" }],
  ["one.group.quota", { handle: setGroupQuota, kind: "write" }],
  ["one.datastore.info", { handle: datastoreInfo, kind: "read" }],
  ["one.datastorepool.info", { handle: datastorePoolInfo, kind: "read" }],
  ["one.datastore.update", { handle: updateDatastore, kind: "write" }],
  ["one.image.info", { handle: imageInfo, kind: "read" }],
  ["one.imagepool.info", { handle: imagePoolInfo, kind: "read" }],
  ["one.image.allocate", { handle: allocateImage, kind: "write" }],
  ["one.image.rename", { handle: renameImage, kind: "write" }],
  ["one.image.chown", { handle: chownImage, kind: "write" }],
  ["one.image.chmod", { handle: chmodImage, kind: "write" }],
  ["one.image.enable", { handle: enableImage, kind: "write" }],
  ["one.image.persistent", { handle: setPersistent, kind: "write" }],
  ["one.image.update", { handle: updateImage, kind: "write" }],
  ["one.image.delete", { handle: deleteImage, kind: "write" }],
  ["one.image.lock", { handle: lockImage, kind: "write" }],
  ["one.image.unlock", { handle: unlockImage, kind: "write" }],
  ["one.image.clone", { handle: cloneImage, kind: "write" }],
  ["one.vm.allocate", { handle: allocateVm, kind: "write" }],
  ["one.vm.action", { handle: actOnVm, kind: "write" }],
  ["one.vm.info", { handle: vmInfo, kind: "read" }],
]);
