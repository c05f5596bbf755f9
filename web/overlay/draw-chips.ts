import type { Selection } from 'd3-selection';
import type { PolicyVertex, ServiceVertex } from '../../server/contract/graph.js';
import { CHIP } from '../model/chips.js';
import { hueOf } from '../model/names.js';
import type { Chip } from '../model/overlay.js';
import { FONTS, fitText, textWidth } from '../render/fit-text.js';
import type { Scene, SceneEvents } from '../render/scene.js';
import { OVERLAY } from './words.js';

type Group = Selection<SVGGElement, unknown, null, undefined>;

const DIAMOND = 'M0,-8L8,0L0,8L-8,0Z';
/** The shield of everything that has to do with policies, 12 by 14 around its middle. */
export const SHIELD = 'M0,-7L6,-5V0C6,4 3,6.5 0,7.5C-3,6.5 -6,4 -6,0V-5Z';

/** Draws Services and policies above the nodes. */
export function drawChips(layer: Group, scene: Scene, events: Pick<SceneEvents, 'select'>): void {
  const { overlay, selected, dimmed } = scene;
  const groups = layer
    .selectAll<SVGGElement, Chip>('g.chip-over')
    .data(overlay.chips, ({ vertex }) => vertex.id)
    .join((enter) => {
      const group = enter.append('g');
      group.append('rect').attr('width', CHIP.width).attr('height', CHIP.height).attr('rx', 8);
      group.append('path').attr('class', 'sign').attr('transform', 'translate(17,20)');
      group.append('text').attr('class', 'chip-name').attr('x', 31).attr('y', 17);
      group.append('text').attr('class', 'chip-note').attr('x', 31).attr('y', 32);
      group
        .append('text')
        .attr('class', 'chip-count')
        .attr('x', CHIP.width - 9)
        .attr('y', 17);
      group.append('title');
      return group;
    });
  groups
    .attr('class', ({ vertex }) => {
      const classes = ['chip-over', vertex.kind];
      if (vertex.id === selected) classes.push('selected');
      if (dimmed.has(vertex.id)) classes.push('dimmed');
      return classes.join(' ');
    })
    .attr('data-id', ({ vertex }) => vertex.id)
    .attr('transform', ({ box }) => `translate(${box.x},${box.y}) scale(${overlay.scale})`)
    .attr('role', 'group')
    .style('--hue', ({ vertex }) => `${hueOf(vertex.namespace)}`)
    .on('click', (event: MouseEvent, { vertex }) => {
      event.stopPropagation();
      events.select(vertex.id);
    })
    .on('keydown', (event: KeyboardEvent, { vertex }) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      events.select(vertex.id);
    });
  groups.each(({ vertex }, index, elements) => {
    const texts = vertex.kind === 'service' ? serviceTexts(vertex) : policyTexts(vertex);
    const group = elements[index];
    if (group === undefined) return;
    const room = CHIP.width - 31 - 9;
    group.setAttribute('aria-label', texts.told);
    const set = (name: string, words: string) => {
      const element = group.querySelector(name);
      if (element !== null && element.textContent !== words) element.textContent = words;
    };
    set('title', texts.told);
    set('.chip-count', texts.count);
    set('.chip-name', nameWithin(vertex, room - textWidth(texts.count, FONTS.podName) - 6));
    set('.chip-note', fitText(texts.note, room, FONTS.small));
    group.querySelector('.sign')?.setAttribute('d', vertex.kind === 'service' ? DIAMOND : SHIELD);
    group.querySelector('.chip-count')?.setAttribute('class', `chip-count ${texts.tone}`);
  });
}

/** With its namespace where there is room for both; the colour tells it too. */
function nameWithin({ namespace, name }: Chip['vertex'], room: number): string {
  const whole = `${namespace}/${name}`;
  return textWidth(whole, FONTS.podName) <= room ? whole : fitText(name, room, FONTS.podName);
}

interface ChipTexts {
  readonly note: string;
  readonly count: string;
  readonly tone: 'good' | 'bad' | '';
  readonly told: string;
}

function serviceTexts(service: ServiceVertex): ChipTexts {
  const { namespace, name, clusterIp, mappings, pods, unready, endpoints } = service;
  const ready = Math.max(pods.length, endpoints.length > 0 ? 1 : 0);
  return {
    note: [clusterIp === 'None' ? 'headless' : clusterIp, ...mappings].join(' · '),
    count: ready > 0 ? `● ${ready}` : '▲ 0',
    tone: ready > 0 ? 'good' : 'bad',
    told: OVERLAY.service(`${namespace}/${name}`, ready, unready.length),
  };
}

function policyTexts({ namespace, name, directions, subjects }: PolicyVertex): ChipTexts {
  return {
    note: directions.join(' · '),
    count: OVERLAY.pods(subjects),
    tone: '',
    told: OVERLAY.policy(`${namespace}/${name}`, directions.join(', '), subjects),
  };
}
