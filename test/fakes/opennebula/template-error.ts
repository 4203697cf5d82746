/** Thrown when a template text cannot be read; the message is OpenNebula's, without its lead. */
export class TemplateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TemplateError";
  }
}
