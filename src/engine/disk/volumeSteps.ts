import type { Environment, HostKind } from '../environment';
import { shellLine } from '../shellLine';
import type { VolumeStep } from './types';
import { STUDIO_USUAL_LIMIT_GB } from './volumeLimits';

/** What is filled into the steps; whatever the host does not tell stands there as `<name>`. */
export type VolumeHost = Partial<Environment> & { host: HostKind };

/** Stopping the machine ends its terminals, so the calls are to be made from another one. */
const FROM_ELSEWHERE =
  'in AWS CloudShell or a terminal on your own computer, because a terminal here ends with it';

/** How a volume of a size is had on this kind of host: pages of the console, and the same as calls. */
export function volumeSteps(neededGb: number, tooLarge: boolean, host: VolumeHost): VolumeStep[] {
  switch (host.host) {
    case 'notebook-instance':
      return tooLarge ? [streamInstead()] : notebookInstanceSteps(neededGb, host);
    case 'studio-space':
      return tooLarge ? [streamInstead()] : studioSteps(neededGb, host);
    case 'unified-studio':
      return tooLarge ? [streamInstead()] : unifiedStudioSteps(neededGb);
    case 'plain-jupyter':
      return [
        {
          text: 'Use a folder on another disk for the large files: name it with --path here, and in HF_HUB_CACHE for the tools that download.'
        },
        {
          text: `Or enlarge this disk to ${neededGb} GB or more (of 2^30 bytes), with whatever made it.`
        }
      ];
  }
}

function streamInstead(): VolumeStep {
  return { text: 'Copy without the disk: the files then stream from the hub to S3.' };
}

function notebookInstanceSteps(neededGb: number, host: VolumeHost): VolumeStep[] {
  const name = host.name ?? '<name of the instance>';
  const call = caller(host);
  const instance = `--notebook-instance-name ${shellLine([name])}`;
  return [
    {
      text: `Save your work and stop the instance ${name} (${FROM_ELSEWHERE}).`,
      command: call(`stop-notebook-instance ${instance}`),
      url: consolePage(host, `notebook-instances/${encodeURIComponent(name)}`)
    },
    {
      text: 'Wait until its status is Stopped.',
      command: call(`wait notebook-instance-stopped ${instance}`)
    },
    {
      text: `Choose Edit, set the volume size to ${neededGb} GB or more, and choose Update notebook instance.`,
      command: call(`update-notebook-instance ${instance} --volume-size-in-gb ${neededGb}`),
      url: consolePage(host, `notebook-instances/${encodeURIComponent(name)}`)
    },
    {
      text: 'When its status is Stopped again, start it: the file system grows with it.',
      command: call(
        `wait notebook-instance-stopped ${instance}`,
        `start-notebook-instance ${instance}`
      )
    }
  ];
}

function studioSteps(neededGb: number, host: VolumeHost): VolumeStep[] {
  const call = caller(host);
  const domain = `--domain-id ${shellLine([host.domainId ?? '<id of the domain>'])}`;
  const name = host.name ?? '<name of the space>';
  const space = `${domain} --space-name ${shellLine([name])}`;
  const url = consolePage(host, `studio/${encodeURIComponent(host.domainId ?? '')}`);
  const limits = settings({
    SpaceStorageSettings: {
      DefaultEbsStorageSettings: { DefaultEbsVolumeSizeInGb: 5, MaximumEbsVolumeSizeInGb: neededGb }
    }
  });
  const size = settings({
    SpaceStorageSettings: { EbsStorageSettings: { EbsVolumeSizeInGb: neededGb } }
  });
  return [
    ...(neededGb > STUDIO_USUAL_LIMIT_GB
      ? [
          {
            text: `If the domain still has its usual limit of ${STUDIO_USUAL_LIMIT_GB} GB, its administrator raises it first: on the domain's page, App configurations, Edit storage settings, maximum space size ${neededGb} GB. (The call sets the size of new spaces to 5 GB, too.)`,
            command: call(`update-domain ${domain} --default-user-settings ${limits}`),
            url
          }
        ]
      : []),
    {
      text: `In Studio, open JupyterLab, the space ${name}, save your work and choose Stop space (${FROM_ELSEWHERE}).`,
      command: call(`delete-app ${space} --app-type JupyterLab --app-name default`)
    },
    {
      text: `When the app is gone, set Storage to ${neededGb} GB or more; one change is possible in 6 hours.`,
      command: call(`update-space ${space} --space-settings ${size}`)
    },
    { text: 'Choose Run space: the file system grows with it.' }
  ];
}

/** Spaces of Unified Studio are managed by its projects, not by calls of the user's own. */
function unifiedStudioSteps(neededGb: number): VolumeStep[] {
  return [
    ...(neededGb > STUDIO_USUAL_LIMIT_GB
      ? [
          {
            text: `If the project still has its usual limit of ${STUDIO_USUAL_LIMIT_GB} GB, its administrator raises the maximum EBS volume size of the project profile's Tooling blueprint first.`
          }
        ]
      : []),
    {
      text: `In the project, open Compute, Spaces, stop the space, choose Configure, and set its storage to ${neededGb} GB or more; one change is possible in 6 hours.`
    },
    { text: 'Start the space again. ~/shared lies on S3 and is no place for large files.' }
  ];
}

/** Amazon Web Services General Reference, "AWS service endpoints": the consoles of the partitions. */
function consolePage({ region }: VolumeHost, page: string): string | undefined {
  if (region === undefined || page.endsWith('/')) {
    return undefined;
  }
  const { name } = region;
  const host = name.startsWith('cn-')
    ? 'console.amazonaws.cn'
    : name.startsWith('us-gov-')
      ? 'console.amazonaws-us-gov.com'
      : `${name}.console.aws.amazon.com`;
  return `https://${host}/sagemaker/home?region=${encodeURIComponent(name)}#/${page}`;
}

function caller({ region }: VolumeHost): (...calls: string[]) => string {
  const where = region === undefined ? '' : ` --region ${shellLine([region.name])}`;
  return (...calls) => calls.map(call => `aws sagemaker ${call}${where}`).join(' && ');
}

function settings(value: object): string {
  return shellLine([JSON.stringify(value)]);
}
