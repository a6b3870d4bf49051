// Chooses the picture size a visitor's screen needs and asks the origin for it.
const SIZES = [320, 640, 1280, 2560];

function fitting(width) {
  return SIZES.find((size) => size >= width) ?? SIZES[SIZES.length - 1];
}

export default {
  async fetch(request) {
    const url = new URL(request.url);
    const width = Number(url.searchParams.get("w"));
    if (width > 0) {
      url.searchParams.set("w", String(fitting(width)));
      return fetch(new Request(url, request));
    }

    return new Response('{"routine": "img-resize", "release": "1.6.0"}', {
      status: 200,
      headers: { "content-type": "application/json", "cache-control": "no-store" },
    });
  },
};
