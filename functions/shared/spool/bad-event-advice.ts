/**
 * What to do about an event that cannot be used. To move it back into the spool would not do: its pin is gone. The image, if OpenNebula
 * needs it, comes by `reconcile apply`, but not one whose identifier no image can have: nothing here can change that.
 */
export const BAD_EVENT_ADVICE =
  "cure the cause; vmcatcher-one reconcile apply then brings what OpenNebula lacks " +
  "(an identifier that no image can have only the list's endorser can change: tell him, or unsubscribe the image)";
