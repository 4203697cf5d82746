/** What XML 1.0 cannot carry: control characters but tab, line feed and carriage return; lone surrogates; U+FFFE and U+FFFF. */
export const NOT_XML = /[[\p{Cc}--[\t\n\r\x7F-\x9F]]\p{Cs}\uFFFE\uFFFF]/gv;

/** What XML can carry and oned refuses: xmlrpc-c knows the Basic Multilingual Plane only (fault -503, seen on 6.10, 7.0 and 7.4). */
export const NOT_BMP = /[\u{10000}-\u{10FFFF}]/gv;

/** U+FFFD, in the place of a character that cannot be there. */
export const REPLACEMENT = "\uFFFD";
