import * as z from "zod";

/** The attribute that says which identifier an image belongs to; version 0.0.8 of the predecessor wrote it too. */
export const IDENTIFIER = "VMCATCHER_EVENT_DC_IDENTIFIER";

/**
 * A dc:identifier that can be the NAME of an OpenNebula image, a FIFO group and part of a longer name.
 * vmcatcher passes on whatever a list says, so path tricks and shell characters do arrive here.
 */
export const identifierSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._+@=-]{0,63}$/,
    "must be 1 to 64 letters, digits, '.', '_', '+', '@', '=' or '-', and start with a letter or digit",
  );
