"""Words as data: those that carry little, and those that mean the same in English and Chinese."""

from __future__ import annotations

import re

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
electricity electric power bill consumption 电费 用电 电力 省电
climate warming greenhouse carbon emission 气候 变暖 温室 碳排
diet weight lose slim calorie pounds obesity 减肥 瘦身 饮食 节食 体重
earthquake quake tectonic seismic 地震 震级 板块
environment pollution recycle waste 环境 污染 环保 垃圾 回收
holiday leave vacation annual 假期 年假 休假 放假
tea brew 泡茶 冲泡 茶叶 茶水
host server cloud instance 主机 服务器 云主机 云服务
battery charge charger endurance 电池 充电 续航 电量
passport visa identity document 护照 签证 身份证 证件
insurance claim policy premium 保险 理赔 保单 保费
tax invoice taxation 税务 发票 税收 纳税
wedding marry marriage bride 婚礼 结婚 婚姻 新娘
birth pregnant pregnancy mother maternity 怀孕 孕妇 产妇 母亲
father parent family 父亲 父母 家庭 家长
garden gardening soil fertilizer seed 园艺 土壤 肥料 种子
fruit apple banana orange 水果 苹果 香蕉 橙子
vegetable tomato potato carrot vegetarian meatless 蔬菜 番茄 土豆 素食
meat beef pork chicken 肉类 牛肉 猪肉 鸡肉 红烧肉
fish seafood shrimp fishing 海鲜 鱼类 虾蟹 钓鱼
bread bake baking flour oven cake 面包 烘焙 面粉 烤箱 蛋糕
wine beer alcohol bar 红酒 啤酒 白酒 酒精 喝酒
clothes shirt dress fashion wear jacket 衣服 衬衫 裙子 时尚 服装
shoe sneaker boot sock 鞋子 运动鞋 靴子 袜子
hair haircut beauty skin cosmetic 头发 理发 美容 皮肤 护肤 化妆
tooth teeth dentist dental 牙齿 牙医 牙科 刷牙
eye vision glasses sight 眼睛 视力 眼镜
heart blood pressure cardiac 心脏 血压 血液 心血管
vaccine virus immune infection epidemic 疫苗 病毒 免疫 感染 疫情
cancer tumor oncology 癌症 肿瘤
mental anxiety depression stress psychology 心理 焦虑 抑郁 压力
war army soldier battle military 战争 军队 士兵 战役 军事
history ancient century empire dynasty 历史 古代 世纪 帝国 朝代
art painting painter museum gallery 艺术 绘画 画家 博物馆 美术馆
poem poetry poet literature 诗歌 诗人 文学 古诗
writer write wrote author novelist 作家 写作 撰写 作者
game player gaming chess 游戏 玩家 象棋 围棋
basketball tennis badminton swim swimming 篮球 网球 羽毛球 游泳
mountain hill climb hiking 山峰 登山 爬山 徒步
bridge road street highway traffic 桥梁 道路 街道 公路 交通
bus taxi cab commute 公交 出租车 打车 通勤
bicycle bike cycling tire 自行车 单车 骑行 轮胎
parking park garage 停车 停车场 车库
ship boat port sail harbor 船舶 轮船 港口 航行
fire smoke flame burn 火灾 烟雾 火焰 燃烧
light lamp bright illumination 灯光 电灯 明亮 照明
sound noise audio voice speech 声音 噪音 音频 语音
video stream streaming television tv 视频 直播 电视
email mail message inbox 邮件 邮箱 信件
file folder document upload download 文件 文件夹 文档 上传 下载
backup restore recovery disaster 备份 恢复 还原 容灾
cluster node replica shard distributed 集群 节点 副本 分片 分布式
transaction commit rollback lock 事务 提交 回滚 死锁
memory cpu disk ram hardware 内存 处理器 磁盘 硬盘 硬件
network bandwidth wifi router connection 网络 带宽 无线 路由器 连接
website web page browser 网站 网页 浏览器
blockchain ledger bitcoin crypto 区块链 账本 比特币 加密货币
robot automation automatic 机器人 自动化 自动
model train inference llm gpt 模型 训练 推理 大模型
data analysis analytics statistics report 数据 分析 统计 报表
chart graph plot visualization 图表 可视化 曲线
customer client user support service 客户 用户 客服 服务
subscription subscribe cancel membership 订阅 取消 会员 退订
discount coupon sale promotion 折扣 优惠券 促销 打折 优惠
revenue profit earnings income turnover 收入 利润 盈利 营收 收益
budget expense spending saving 预算 开支 花费 节省 储蓄
manager leader boss team management 经理 领导 老板 团队 管理
meeting schedule calendar appointment 会议 日程 日历 预约
exam test score grade homework 考试 测试 成绩 分数 作业
science scientist research experiment laboratory 科学 科学家 研究 实验 实验室
biology cell gene dna evolution organism 生物 细胞 基因 进化
photosynthesis chlorophyll leaf sunlight 光合作用 叶绿素 叶子 阳光
birth death die funeral 出生 死亡 去世 葬礼
god religion church temple buddhism 宗教 教堂 寺庙 佛教
police crime criminal thief prison 警察 犯罪 罪犯 小偷 监狱
election vote democracy parliament 选举 投票 民主 议会
economy economic inflation gdp 经济 通胀 通货膨胀
agriculture farm farmer crop harvest wheat 农业 农场 农民 庄稼 收成 小麦
factory manufacture production industry 工厂 制造 生产 工业
install installation setup configure configuration 安装 设置 配置 部署
update upgrade version release 更新 升级 版本 发布
delete remove erase clean 删除 移除 清除 清理
create build make construct 创建 建立 构建 制作
method step guide tutorial instruction tip 方法 步骤 指南 教程 技巧 做法
reason cause why because 原因 起因 缘故
repair fix mend maintenance 修理 维修 修复 保养
invent invention inventor discover discovery 发明 发明家 发现
attraction scenic landmark sightseeing 景点 名胜 风景 古迹
instrument guitar violin drum 乐器 吉他 小提琴
winter summer spring autumn season 冬天 夏天 春天 秋天 季节
time clock hour watch 时间 时钟 小时 手表
cold freezing ice frost 寒冷 冰冻 结冰
old elderly senior aging 老人 老年 年长 养老
woman female girl lady 女人 女性 女孩 女士
man male boy gentleman 男人 男性 男孩 先生
friend friendship companion 朋友 友谊 伙伴
love romance romantic date 爱情 恋爱 浪漫 约会
marathon race runner jogging endurance 马拉松 长跑 赛跑
volcano eruption lava magma 火山 喷发 岩浆
cough throat lung 咳嗽 止咳 嗓子
ticket booking reservation 车票 门票 订票 预订 火车票 高铁票
water-saving tap faucet plumbing leak drip 用水 节水 水龙头 漏水
track order package parcel 订单 包裹
angry anger furious 生气 愤怒 恼火
fear afraid scared scary 害怕 恐惧 可怕
dream sleep nightmare 做梦 梦境 噩梦
"""


_ENDINGS = re.compile(
    r"(?:(?<=\w{4})(?:ations?|ions?|ments?|ness|ers?|ors?|ics?|oes|ive|able)|(?<=\w{3})(?:ings?|edly|ed|ies|es|s|ly|y|e))$"
)
_DOUBLED = re.compile(r"([a-z])\1$")


def stem(word: str) -> str:
    """What a word shares with its other forms: invent, invented, invention; run, running."""
    return _DOUBLED.sub(r"\1", _ENDINGS.sub("", word))


def _ideas() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(_IDEAS.split("\n")):
        parts = {part if part > "\u00ff" else stem(part) for part in line.replace("-", " ").split()}
        for part in sorted(parts):
            found[part] = (*found.get(part, ()), f"\0idea{number}")
    return found


#: A stem (or Chinese pair) -> the ideas it stands for.
IDEAS: dict[str, tuple[str, ...]] = _ideas()
