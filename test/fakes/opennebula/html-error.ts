/** The page that Abyss, the web server inside xmlrpc-c, sends with an HTTP error. */
export function htmlError(status: number, reason: string): string {
  const title = `Error ${status}`;
  return `<HTML><HEAD><TITLE>${title}</TITLE></HEAD><BODY><H1>${title}</H1><P>${reason}</P>${SIGNATURE}</BODY></HTML>`;
}

const SIGNATURE =
  '<p><HR><b><i><a href="http://xmlrpc-c.sourceforge.net">ABYSS Web Server for XML-RPC For C/C++</a></i></b> version 1.33.14<br></p>';
