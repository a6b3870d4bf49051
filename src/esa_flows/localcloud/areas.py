"""The canary areas: 34 of mainland China and one for everywhere else.

The provider names the shape ``presetCanary<Province>`` and counts them; the spelling of
each name is the province's in Pinyin.
Source: DCDN API 2018-01-15, EditRoutineConf.
"""

from __future__ import annotations

_NAMES = """
Anhui Aomen Beijing Chongqing Fujian Gansu Guangdong Guangxi Guizhou Hainan Hebei
Heilongjiang Henan Hongkong Hubei Hunan Jiangsu Jiangxi Jilin Liaoning Neimenggu Ningxia
Qinghai Shaanxi Shandong Shanghai Shanxi Sichuan Taiwan Tianjin Xinjiang Xizang Yunnan
Zhejiang Overseas
"""
AREAS: tuple[str, ...] = tuple(f"presetCanary{name}" for name in _NAMES.split())
