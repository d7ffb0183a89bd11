"""Words as data: those that carry little, and those that mean the same in English and Chinese."""

from __future__ import annotations

#: Words that say little about a text's subject.
_COMMON_TEXT = """
a about after again all also am an and any are as at be because been before being between both but by can
could did do does doing for from had has have having he her here him his how i if in into is it its just me
more most my no nor not now of on only or other our out over own please s same she should so some such t than
that the their them then there these they this those through to today too under until up use used uses using
very was we were what when where which while who whom why will with would you your one tell give
"""
COMMON: frozenset[str] = frozenset(_COMMON_TEXT.split())

#: Chinese pairs and characters that say little.
_COMMON_ZH_TEXT = """
什么 怎么 如何 为何 为什 我们 你们 他们 它们 这个 那个 一个 一种 可以 没有 是一 的一 以及 因为 所以
但是 如果 就是 还是 请问 哪些 哪里 多少 是什 么是 今天 现在 非常 很多 进行 通过 使用 用于 能够 的 是
了 在 和 与 及 有 我 你 他 她 它 们 这 那 个 一 不 也 就 都 而 着 把 被 对 从 到 为 以 于
上 下 中 吗 呢 吧 啊 请 很 会 能 要 可 以 之 其 或
"""
COMMON_ZH: frozenset[str] = frozenset(_COMMON_ZH_TEXT.split())

#: Each line is one idea in the words of both languages; a `-` joins the words of a phrase.
_IDEAS = """
learn training study 学习 训练
machine-learning artificial-intelligence ai deep-learning neural 机器学习 人工智能 深度学习 神经网络
car automobile vehicle driving drive 汽车 车辆 轿车 驾驶 开车
weather forecast rain rainy sunny sunshine storm cloudy snow 天气 下雨 晴朗 预报 晴天 暴雨 气温
temperature degree hot cold warm 温度 气温 炎热 寒冷
doctor physician hospital medical medicine clinic patient 医生 医院 医疗 大夫 病人 患者 药物
illness disease sick flu fever cold 疾病 生病 感冒 发烧 流感
food meal dish cuisine eat cook recipe restaurant dinner 食物 美食 菜肴 餐厅 吃饭 做饭 烹饪 菜谱
money cash finance bank loan fund 钱款 现金 金融 银行 贷款 资金
price cost expensive cheap fee 价格 费用 便宜 昂贵 多少钱
buy purchase shopping order 购买 购物 下单 订购
refund return money-back reimburse 退款 退货 退钱
delivery ship shipping parcel package courier 快递 物流 发货 配送 包裹
password login account credential sign-in 密码 登录 账号 账户
database sql table query index storage postgresql mysql 数据库 查询 索引 存储
search retrieval retrieve find lookup 搜索 检索 查找
computer laptop pc machine 电脑 计算机 笔记本
phone mobile smartphone cellphone 手机 电话
software program application app code coding programming developer python 软件 程序 应用 代码 编程 开发
bug error failure fault crash 错误 故障 崩溃 报错 异常
fast quick speed rapid performance latency 快速 速度 性能 延迟
big large huge 巨大 庞大 大型
child kid baby children 孩子 儿童 小孩 婴儿
school student teacher university class education 学校 学生 老师 教师 大学 教育 课程
football soccer goal match team 足球 球队 比赛 进球
sport exercise run running fitness gym workout 运动 锻炼 跑步 健身
music song concert piano guitar melody 音乐 歌曲 演唱会 钢琴 吉他
film movie cinema actor director 电影 影院 演员 导演
book novel read reading author library 书籍 小说 阅读 作者 图书馆
dog puppy cat kitten pet animal 小狗 小猫 宠物 动物 猫咪
flower plant tree garden forest 花朵 植物 树木 花园 森林
travel trip journey tourism holiday vacation 旅行 旅游 度假 出行
flight plane airplane airport aircraft 航班 飞机 机场
train railway station subway metro 火车 铁路 车站 地铁
hotel room lodging inn 酒店 宾馆 住宿
city town capital urban 城市 首都 城镇
country nation government president 国家 政府 总统
law legal court lawyer judge contract 法律 法院 律师 法官 合同
company firm business enterprise corporation 公司 企业 商业
job work employee career hire salary employer 工作 员工 职业 招聘 工资 薪水
stock share market invest investment investor 股票 市场 投资 股市
house home apartment building rent 房子 住宅 公寓 租房 房屋
water river lake sea ocean 河流 湖泊 海洋 大海
space star planet galaxy rocket astronomy moon sun 太空 星球 行星 银河 火箭 天文 月球
physics quantum particle energy relativity 物理 量子 粒子 能量
chemistry chemical molecule reaction 化学 分子 反应
math mathematics algebra equation geometry 数学 代数 方程 几何
cloud server network internet 云计算 服务器 网络 互联网
security attack hacker protect encryption 安全 攻击 黑客 加密 防护
language translate translation english chinese 语言 翻译 英语 中文
picture image photo photograph camera 图片 图像 照片 相机 拍照
happy glad joy cheerful 高兴 快乐 开心
sad unhappy sorrow 悲伤 难过 伤心
sleep insomnia bed tired 睡眠 失眠 睡觉 疲劳
coffee tea drink beverage 咖啡 茶叶 饮料
vector embedding semantic similarity 向量 嵌入 语义 相似
"""


def _ideas() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(_IDEAS.split("\n")):
        for word in line.split():
            for part in word.split("-"):
                found[part] = (*found.get(part, ()), f"\0idea{number}")
    return found


#: A word (or Chinese pair) -> the ideas it stands for.
IDEAS: dict[str, tuple[str, ...]] = _ideas()
