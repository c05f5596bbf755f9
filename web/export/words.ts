/** The English of saved recordings, in one place so that it can be translated. */

export const RECORD = {
  item: 'page that plays without a server (HTML)…',
  title: 'Save this trace as a page',
  help: 'One file with the graph, the packet at every step and the capture. It opens in any browser, without podnet and without a network: mail it, put it on a course page, print it.',
  name: 'title',
  description: 'description',
  descriptionHint: 'What should the reader look for? Empty lines part paragraphs.',
  capture: 'with the capture (pcapng), to be opened in Wireshark',
  beginsHere: 'begin at the step that is shown now, not at the first',
  save: 'Save',
  saving: 'gathering the packets…',
  close: 'Close',
  noTemplate: 'This server has no page to save traces in: build it with `npm run build`.',
} as const;

export const RECORDED = {
  brand: 'podnet',
  nothing: 'There is no recording in this file that this page can play.',
  recorded: (at: string) => `recorded ${at}, simulated time`,
  facts: (name: string, version: string, network: string) =>
    `${name} · Kubernetes ${version} · ${network}`,
  capture: 'capture (pcapng)',
  captureHint: 'Save the capture of every device, for Wireshark',
  json: 'JSON',
  jsonHint: 'Save the trace as JSON',
  print: 'print',
  printHint: 'Print the graph and every step',
  about: 'About this recording',
  list: 'Steps',
  steps: (count: number) => `The ${count} steps`,
  noServer: 'this is a recording: there is no cluster to ask',
  notKept: 'the packet at this step was not recorded',
  madeWith:
    'Recorded with podnet, which emulates the network of a Kubernetes cluster packet by packet.',
} as const;
